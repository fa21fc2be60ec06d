"""Puts entries into a stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from redis.asyncio import Redis

_AT_ONCE = 1000


async def fill(redis: Redis, stream: str, entries: Iterable[Sequence[Any]]) -> None:
    """Append the entries, each names and values in turn."""
    rest = iter(entries)
    while chunk := list(islice(rest, _AT_ONCE)):
        async with redis.pipeline(transaction=False) as calls:
            for parts in chunk:
                calls.execute_command("XADD", stream, "*", *parts)
            await calls.execute()
