"""Counts dead letters in Redis, a page at a time."""

from __future__ import annotations

from redis.asyncio import Redis

from pipeline.dead_letter_watch import Count, Page
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.settlement import DEAD

_PAGE = 100  # a script holds up every other client while it runs


class DeadLetterCount:
    """Counts a page of one partition's dead letters; of the letters themselves nothing travels."""

    def __init__(self, redis: Redis, keys: Keys, page: int = _PAGE) -> None:
        self._keys, self._page = keys, page
        self._tally = Script(redis, "tally_dead")

    async def __call__(self, partition: int, after: str) -> Page:
        """The page after the id `after` ('': the first one). Raises what redis-py raises."""
        key = self._keys.stream(DEAD, partition)
        last, length, rows = await self._tally([key], f"({after}" if after else "-", self._page)
        counts = (
            Count(_text(stage), _text(error), count, int(oldest.split(b"-")[0]))
            for stage, error, count, oldest in rows
        )
        return Page(last.decode(), length, tuple(counts))


def _text(value: bytes) -> str:
    return value.decode(errors="replace")
