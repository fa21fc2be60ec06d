"""The Lua scripts beside this file, as callables."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

_INCLUDE = re.compile(r"^--#include (\w+)$", re.MULTILINE)


class Script:
    """One script: called by its digest, and once by its source where the server does not know it (any more). A line
    `--#include NAME` stands for the functions of another file."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._source = _source(name)
        self._digest = hashlib.sha1(self._source.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], *args: Any) -> Any:
        """The script's answer. Raises what redis-py raises."""
        try:
            return await self._redis.execute_command("EVALSHA", self._digest, len(keys), *keys, *args)
        except NoScriptError:
            return await self._redis.execute_command("EVAL", self._source, len(keys), *keys, *args)


@cache
def _source(name: str) -> str:
    text = (files(__package__) / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda line: _source(line[1]), text)
