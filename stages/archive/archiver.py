"""Archives what leaves the replay window, so that it may be trimmed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pipeline.engines.redis.archive_mark import TURN_SECONDS, ArchiveMark, ArchiveTurn
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.entry_id import FIRST, EntryId, after
from pipeline.rounds import Rounds
from stages.archive.archive import Archive
from stages.archive.entry import Entry
from stages.archive.failure import ArchiveAway, DamagedArchive, ForeignArchive, NotInArchive
from stages.archive.layout import slot_end, slot_start
from stages.archive.metrics import ARCHIVED, FAILURES

_EVERY_SECONDS = 5.0
_ROUND_SECONDS = 0.75 * TURN_SECONDS  # the turn must outlast the round
_MOST_ENTRIES, _MOST_BYTES = 50_000, 32 * 1024 * 1024  # of a stretch: as much is held in memory
_PAGE = 500
_FAILURES = (ArchiveAway, DamagedArchive, ForeignArchive, NotInArchive, TimeoutError)


class Archiver(Rounds):
    """An agent that archives, slot by slot of the day, what is older than `window_seconds`, and then moves the mark up
    to which the trimmer may trim. `clock` gives epoch seconds."""

    name = "archiver"

    def __init__(
        self,
        entries: RawEntries,
        mark: ArchiveMark,
        turn: ArchiveTurn,
        archive: Archive,
        *,
        window_seconds: float,
        slot_seconds: int,
        clock: Callable[[], float],
    ) -> None:
        super().__init__(
            every_seconds=_EVERY_SECONDS,
            away=(*REDIS_AWAY, *_FAILURES),
            patience="not archived this time: nothing is trimmed until it is",
        )
        self._entries, self._mark, self._turn, self._archive = entries, mark, turn, archive
        self._window_seconds, self._slot_ms, self._clock = window_seconds, slot_seconds * 1000, clock

    async def round(self) -> bool:
        """Archive the next stretch, where it is not another's turn. Says whether there was one."""
        async with self._turn.taken() as ours:
            if not ours:
                return False
            try:
                async with asyncio.timeout(_ROUND_SECONDS):
                    return await self._next()
            except _FAILURES:
                FAILURES.inc()
                raise

    async def _next(self) -> bool:
        start = await self._mark.read() or FIRST
        limit = slot_start(max(0, int((self._clock() - self._window_seconds) * 1000)), self._slot_ms)
        first = await self._entries.first(start)
        if first is None or first >= limit:
            if start < limit:
                await self._turn.move_mark(limit)
            return False
        end = min(limit, slot_end(first, self._slot_ms))
        entries, reached = await self._stretch(first, end)
        ARCHIVED.inc(await self._archive.keep(entries))
        return await self._turn.move_mark(reached)

    async def _stretch(self, start: EntryId, end: EntryId) -> tuple[list[Entry], EntryId]:
        """The entries from `start` on, as far as they are archived at once, and the id below which these are all."""
        found: list[Entry] = []
        size = 0
        async for page in self._entries.pages(start, end, _PAGE):
            for raw in page:
                found.append(Entry(raw.seq, raw.parts))
                size += found[-1].size
                if len(found) >= _MOST_ENTRIES or size >= _MOST_BYTES:
                    return found, after(found[-1].id)
        return found, end
