"""The public stream's entries byte for byte, whoever wrote them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.entry_id import EntryId, after, id_text, parse_id


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry's id, and its field names and values in turn; a name may come twice."""

    seq: str
    parts: tuple[bytes, ...]

    @property
    def id(self) -> EntryId:
        """The id, so that it sorts."""
        return parse_id(self.seq)


class RawEntries:
    """Reads the public stream. Raises what redis-py raises."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._key = keys.comments
        self._read = Script(redis, "raw_entries")

    async def first(self, start: EntryId) -> EntryId | None:
        """The first id from `start` on."""
        rows = await self._read([self._key], id_text(start), "+", 1)
        return parse_id(rows[0][0].decode()) if rows else None

    async def page(self, start: EntryId, end: EntryId, most: int) -> Sequence[RawEntry]:
        """At most so many entries from `start` up to, but without, `end`, in the order of their ids."""
        rows = await self._read([self._key], id_text(start), f"({id_text(end)}", most)
        return [RawEntry(entry_id.decode(), tuple(parts)) for entry_id, parts in rows]

    async def pages(self, start: EntryId, end: EntryId, most: int) -> AsyncIterator[Sequence[RawEntry]]:
        """All of them, page by page."""
        while page := await self.page(start, end, most):
            yield page
            start = after(page[-1].id)
