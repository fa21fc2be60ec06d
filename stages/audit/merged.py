"""Two orderly accounts of the same entries, side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from pipeline.entry_id import EntryId
from stages.archive.entry import Entry


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as the archive has it, and as the stream has it; None where it does not."""

    archived: Entry | None
    streamed: Entry | None

    @property
    def entry(self) -> Entry:
        """The entry: the archive's, where both have it."""
        found = self.archived or self.streamed
        if found is None:
            raise ValueError("an entry lies in one of the two")
        return found


async def side_by_side(
    archived: AsyncIterator[Sequence[Entry]], streamed: AsyncIterator[Sequence[Entry]]
) -> AsyncIterator[list[Recorded]]:
    """Both accounts as one, in the order of ids, in parts no larger than theirs."""
    left: Sequence[Entry] = await anext(archived, [])
    right: Sequence[Entry] = await anext(streamed, [])
    while left or right:
        bound = min(part[-1].id for part in (left, right) if part)
        ours, left = _split(left, bound)
        theirs, right = _split(right, bound)
        by_seq = {entry.seq: entry for entry in theirs}
        joined = [Recorded(entry, by_seq.pop(entry.seq, None)) for entry in ours]
        joined += [Recorded(None, entry) for entry in by_seq.values()]
        yield sorted(joined, key=lambda each: each.entry.id)
        left = left or await anext(archived, [])
        right = right or await anext(streamed, [])


def _split(entries: Sequence[Entry], bound: EntryId) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Up to the bound, and behind it."""
    count = sum(entry.id <= bound for entry in entries)
    return entries[:count], entries[count:]
