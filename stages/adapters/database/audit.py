"""What the database holds of the comments of a day, for the audit to compare."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from pipeline.entry_id import EntryId
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement

_PAGE = 5_000
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class StoredWords:
    """A stored comment: the entry it came by, and what was said to whom by whom."""

    seq: str
    said: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Came:
    """A stored comment by its entry; `is_erased` where its viewer was forgotten."""

    comment_id: UUID
    seq: str
    is_erased: bool


class AuditedComments:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def stored(self, comment_ids: Sequence[UUID]) -> dict[UUID, StoredWords]:
        """What is stored of the comments; nothing for those that are not."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("audit/stored"), list(comment_ids))
        return {
            row["id"]: StoredWords(row["seq"], (row["streamer"], row["client"], row["message"]))
            for row in rows
        }

    async def came(self, start: EntryId, end: EntryId) -> AsyncIterator[list[Came]]:
        """The stored comments whose entries lie from `start` up to, but without, `end`, in order."""
        rank, last, until = _rank(start), _NO_ID, _rank(end)
        while True:
            async with self._database.transaction() as connection:
                rows = await connection.fetch(statement("audit/came"), rank, last, until, _PAGE)
            if not rows:
                return
            yield [Came(row["id"], row["seq"], row["is_erased"]) for row in rows]
            rank, last = rows[-1]["seq_rank"], rows[-1]["id"]


def _rank(entry_id: EntryId) -> int:
    """See chat_messages.seq_rank."""
    return (min(entry_id[0], 2**42) << 20) + min(entry_id[1], 2**20 - 1)
