"""Which entries of the past are to be fed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from pipeline.decision import derived_id
from pipeline.replay import PastEntry
from pipeline.stage import PUBLIC_STREAM
from schemas.codec import UnreadableRecord
from stages.adapters.database.history import Past
from stages.ingest import open_comment
from stages.sources import Sources


class Unended:
    """Chooses the entries of the public stream that are of `streamer` (None: of all) and have no end state;
    `skipped` counts those that have one."""

    def __init__(self, past: Past, sources: Sources, streamer: str | None) -> None:
        self._past, self._sources = past, sources
        self._streamer = streamer
        self.skipped = 0

    async def choose(self, page: Sequence[PastEntry]) -> list[PastEntry]:
        """Those of the page that are to be fed, in order."""
        known = {
            (identity(entry, self._sources), entry.seq): entry
            for entry in page
            if is_of(entry.fields, self._streamer)
        }
        if not known:
            return []
        ended = await self._past.ended(known)
        self.skipped += len(ended)
        return [entry for key, entry in known.items() if key not in ended]


def is_of(fields: Mapping[bytes, bytes], streamer: str | None) -> bool:
    """Whether an entry of the public stream is of the streamer."""
    return streamer is None or fields.get(b"streamer") == streamer.encode()


def identity(entry: PastEntry, sources: Sources) -> UUID:
    """The id under which the entry's end state is kept, also where ingest refused it as unreadable (see
    Decider.refuse)."""
    try:
        return open_comment(entry.seq, entry.fields, sources=sources).record.comment_id
    except UnreadableRecord:
        return derived_id(f"{PUBLIC_STREAM}/{entry.seq}")
