"""The Lua scripts beside this file, as callables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

_INCLUDE = re.compile(r"^--#include (\w+)$", re.MULTILINE)


class Script:
    """One script on one server: called by its digest, loaded again when the server has forgotten it. A line
    `--#include NAME` stands for the functions of another file."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._source = _source(name)
        self._digest: str | None = None

    async def __call__(self, keys: Sequence[str], *args: Any) -> Any:
        """The script's answer. Raises what redis-py raises."""
        if self._digest is None:
            self._digest = await self._load()
        try:
            return await self._run(self._digest, keys, args)
        except NoScriptError:
            self._digest = await self._load()
            return await self._run(self._digest, keys, args)

    async def _load(self) -> str:
        return str(await self._redis.execute_command("SCRIPT LOAD", self._source))

    async def _run(self, digest: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        return await self._redis.execute_command("EVALSHA", digest, len(keys), *keys, *args)


@cache
def _source(name: str) -> str:
    text = (files(__package__) / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda line: _source(line[1]), text)
