"""The public stream's past, from the archive on into the stream."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial

from pipeline.engines.redis.archive_mark import ArchiveMark
from pipeline.engines.redis.history import RedisHistory
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.entry_id import EntryId, after
from pipeline.replay import PastEntry, Span
from stages.archive.archive import Archive, in_order
from stages.archive.entry import Entry
from stages.archive.layout import Stretch

_PAGE = 500


class WholeHistory:
    """Archive and stream as one history: no entry twice and none left out, also while entries move from one into the
    other. With a `streamer`, entries of others may be left out. Entries of forgotten viewers are.

    Reads only; raises what redis-py raises, ArchiveAway and DamagedArchive.
    """

    def __init__(
        self,
        archive: Archive,
        mark: ArchiveMark,
        entries: RawEntries,
        stream: RedisHistory,
        streamer: str | None = None,
        page: int = _PAGE,
    ) -> None:
        self._archive, self._mark, self._entries, self._stream = archive, mark, entries, stream
        self._streamer, self._page = streamer, page

    async def bounds(self, span: Span) -> Span | None:
        """The smallest span within `span` that holds all its entries, as far as the archive's manifests tell; None
        where there are none."""
        start, end = _ids(span)
        archived = await self._archive.stretches(start, end)
        known = [await self._stream.bounds(span)]
        if archived:
            first, last = archived[0].first[0], max(each.last[0] for each in archived)
            known.append(Span(max(first, span.first_ms), min(last + 1, span.end_ms)))
        found = [each for each in known if each]
        if not found:
            return None
        return Span(min(each.first_ms for each in found), max(each.end_ms for each in found))

    async def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        """The entries of the span in the order of their ids."""
        start, end = _ids(span)
        stretches = await self._archive.stretches(start, end)
        while start < end:
            async for past in self._archived(stretches, start, end):
                yield past
            if stretches:
                start = max(start, min(end, after(max(each.last for each in stretches))))
            page = await self._entries.page(start, end, self._page)
            # What is trimmed lies below the mark, and is in the archive by then: so the mark is read after the page.
            mark = await self._mark.read()
            stretches = await self._archive.stretches(start, min(mark, end)) if mark and mark > start else []
            if stretches:
                continue
            if not page:
                return
            yield [Entry(raw.seq, raw.parts).as_past() for raw in page]
            start = after(page[-1].id)

    async def _archived(
        self, stretches: Sequence[Stretch], start: EntryId, end: EntryId
    ) -> AsyncIterator[list[PastEntry]]:
        read = partial(self._archive.read, streamer=self._streamer)
        async for entries in in_order(read, stretches):
            past = [each.as_past() for each in entries if each.parts is not None and start <= each.id < end]
            for page in _parts(past, self._page):
                yield page


def _ids(span: Span) -> tuple[EntryId, EntryId]:
    return (span.first_ms, 0), (span.end_ms, 0)


def _parts(entries: list[PastEntry], size: int) -> Iterator[list[PastEntry]]:
    for begin in range(0, len(entries), size):
        yield entries[begin : begin + size]
