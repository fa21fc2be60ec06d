"""What came through the public door, as far back as the public stream goes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.replay import PastEntry, Span

_PAGE = 500


class RedisHistory:
    """The entries of the public stream. Reads only; every method raises what redis-py raises."""

    def __init__(self, redis: Redis, keys: Keys, page: int = _PAGE) -> None:
        self._redis, self._key, self._page = redis, keys.comments, page

    async def bounds(self, span: Span) -> Span | None:
        """The smallest span within `span` that holds all its entries; None where there are none."""
        first, last = str(span.first_ms), f"({span.end_ms}-0"
        oldest = await self._redis.execute_command("XRANGE", self._key, first, last, "COUNT", 1)
        newest = await self._redis.execute_command("XREVRANGE", self._key, last, first, "COUNT", 1)
        if not (oldest and newest):
            return None
        return Span(_entry(*oldest[0]).milliseconds, _entry(*newest[0]).milliseconds + 1)

    async def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        """The entries of the span in the order of their ids."""
        start, end = str(span.first_ms), f"({span.end_ms}-0"
        while rows := await self._redis.execute_command("XRANGE", self._key, start, end, "COUNT", self._page):
            page = [_entry(*row) for row in rows]
            yield page
            start = f"({page[-1].seq}"


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> PastEntry:
    return PastEntry(entry_id.decode(), fields)
