"""Compares what archive, stream and database tell of a day."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from pipeline.decision import derived_id
from pipeline.engines.redis.archive_mark import ArchiveMark
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.engines.redis.standing import Standing
from pipeline.entry_id import FIRST, EntryId, after
from pipeline.stage import PUBLIC_STREAM
from schemas.codec import UnreadableRecord
from schemas.records import Comment
from stages.adapters.database.audit import AuditedComments
from stages.adapters.database.history import Past
from stages.archive.archive import Archive, in_order
from stages.archive.entry import Entry
from stages.archive.failure import DamagedArchive, NotInArchive
from stages.archive.layout import Stretch, day_bounds
from stages.audit.finding import (
    DAMAGED,
    MISSING_IN_ARCHIVE,
    MISSING_IN_BOTH,
    MISSING_IN_DATABASE,
    OTHER_IN_DATABASE,
    OTHER_IN_STREAM,
    Audit,
)
from stages.audit.merged import Recorded, side_by_side
from stages.ingest import open_comment
from stages.mendable import Mendable
from stages.sources import Sources

_PAGE = 2_000
_TRIES = 3
_GRACE_MS = 5 * 60 * 1000  # what was rejected is written down by the projector, which may be behind
_NOBODY = Sources()  # who signed changes nothing here


class StreamMoved(Mendable):
    """Entries went from the stream to the archive while both were read."""

    def __init__(self, day: date) -> None:
        super().__init__(f"Entries of {day} are being archived in this moment. Try again in a few minutes.")


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Who is asked. `archive` is None where there is none; `door` is the stage that reads the public stream."""

    archive: Archive | None
    mark: ArchiveMark
    entries: RawEntries
    standing: Standing
    stored: AuditedComments
    past: Past
    door: str


async def audit(witnesses: Witnesses, day: date, now_ms: Callable[[], int]) -> Audit:
    """What differs of a day (UTC, by the entries' ids). Changes nothing, and holds no more of the day in memory than a
    stretch of the archive. Raises StreamMoved, ArchiveAway, DatabaseUnavailable, and what redis-py raises."""
    end = day_bounds(day)[1]
    for _ in range(_TRIES):
        mark = min(await witnesses.mark.read() or FIRST, end)
        unfinished = await witnesses.standing.unfinished_from(witnesses.door)
        found = await _Comparison(witnesses, day, mark, unfinished, now_ms() - _GRACE_MS).run()
        if min(await witnesses.mark.read() or FIRST, end) == mark:
            return found
    raise StreamMoved(day)


class _Comparison:
    """One reading of a day."""

    def __init__(
        self, witnesses: Witnesses, day: date, mark: EntryId, unfinished: EntryId, settled_ms: int
    ) -> None:
        self._witnesses, self._day = witnesses, day
        self._mark, self._unfinished, self._settled_ms = mark, unfinished, settled_ms
        self._audit = Audit(day.isoformat(), witnesses.archive is not None)
        self._counts, self._differences = self._audit.counts, self._audit.differences

    async def run(self) -> Audit:
        """Compare."""
        reached, end = day_bounds(self._day)
        async for part in side_by_side(self._archived(), self._streamed(reached, end)):
            behind = after(part[-1].entry.id)
            self._compare_entries(part)
            await self._compare_stored(part)
            await self._compare_came(reached, behind, {each.entry.seq for each in part})
            reached = behind
        await self._compare_came(reached, end, set())
        return self._audit

    async def _archived(self) -> AsyncIterator[Sequence[Entry]]:
        archive = self._witnesses.archive
        if archive is None:
            return
        read = partial(_sound_entries, archive, damaged=self._differences[DAMAGED].add)
        async for entries in in_order(read, await archive.stretches_of(self._day)):
            for begin in range(0, len(entries), _PAGE):
                yield entries[begin : begin + _PAGE]

    async def _streamed(self, start: EntryId, end: EntryId) -> AsyncIterator[Sequence[Entry]]:
        async for page in self._witnesses.entries.pages(start, end, _PAGE):
            yield [Entry(raw.seq, raw.parts) for raw in page]

    def _compare_entries(self, part: Sequence[Recorded]) -> None:
        self._counts.recorded += len(part)
        for each in part:
            self._counts.archived += each.archived is not None
            self._counts.streamed += each.streamed is not None
            if each.archived is None and each.entry.id < self._mark and self._witnesses.archive:
                self._differences[MISSING_IN_ARCHIVE].add(each.entry.seq)
            elif each.archived and each.streamed and each.archived != each.streamed:
                self._differences[OTHER_IN_STREAM].add(each.entry.seq)

    async def _compare_stored(self, part: Sequence[Recorded]) -> None:
        """Whether the database has what was recorded, as it was said."""
        self._counts.forgotten += sum(each.entry.parts is None for each in part)
        said = [(each, *_opened(each.entry)) for each in part if each.entry.parts is not None]
        stored = await self._witnesses.stored.stored([comment_id for _, comment_id, _ in said])
        unseen: list[tuple[Recorded, UUID]] = []
        for each, comment_id, comment in said:
            row = stored.get(comment_id)
            if row is None:
                unseen.append((each, comment_id))
            elif row.seq != each.entry.seq:
                self._counts.repeated += 1
            else:
                self._counts.stored += 1
                if comment is None or row.said != (comment.streamer, comment.viewer.client, comment.message):
                    self._differences[OTHER_IN_DATABASE].add(each.entry.seq)
        await self._compare_ends(unseen)

    async def _compare_ends(self, unseen: Sequence[tuple[Recorded, UUID]]) -> None:
        """What is not stored was rejected, is on its way, or is missing."""
        ended = await self._witnesses.past.ended(
            [(comment_id, each.entry.seq) for each, comment_id in unseen]
        )
        for each, comment_id in unseen:
            if (comment_id, each.entry.seq) in ended:
                self._counts.rejected += 1
            elif each.streamed and (each.entry.id >= self._unfinished or each.entry.id[0] > self._settled_ms):
                self._counts.under_way += 1
            else:
                self._differences[MISSING_IN_DATABASE].add(each.entry.seq)

    async def _compare_came(self, start: EntryId, end: EntryId, recorded: set[str]) -> None:
        """Whether what the database has was recorded."""
        async for page in self._witnesses.stored.came(start, end):
            for row in page:
                if row.seq in recorded:
                    continue
                if row.is_erased:
                    self._counts.forgotten += 1
                else:
                    self._differences[MISSING_IN_BOTH].add(row.seq)


async def _sound_entries(archive: Archive, stretch: Stretch, damaged: Callable[[str], None]) -> list[Entry]:
    """The entries of a stretch's files that hold what the manifest says; `damaged` is told of the others."""
    try:
        manifest = await archive.manifest(stretch)
    except DamagedArchive as error:
        damaged(str(error))
        return []
    found: list[Entry] = []
    for file in manifest.files:
        try:
            found += await archive.read_file(file)
        except (DamagedArchive, NotInArchive) as error:
            damaged(f"{file.path}: {error.why if isinstance(error, DamagedArchive) else 'it is not there'}")
    return sorted(found, key=lambda entry: entry.id)


def _opened(entry: Entry) -> tuple[UUID, Comment | None]:
    """Under which id the database knows it, and the comment; None where it is none."""
    try:
        comment = open_comment(entry.seq, entry.fields, sources=_NOBODY).record
    except UnreadableRecord:
        return derived_id(f"{PUBLIC_STREAM}/{entry.seq}"), None
    return comment.comment_id, comment
