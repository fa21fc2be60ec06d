"""What people said of the judgements: corrected intents, and decisions on unsure matches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from schemas.records import Intent
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement

_PAGE = 500
_FIRST = datetime.min.replace(tzinfo=UTC), UUID(int=0)


@dataclass(frozen=True, slots=True)
class Written:
    """A comment's text, its language where it is known, and the names in it that are nobody's business."""

    message: str
    language: str | None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """A comment and the intent that somebody gave it."""

    comment: Written
    intent: Intent


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an unsure match: `sku` is the product chosen, or the likeliest candidate, declined (None where
    there was none). `is_corrected`: the comment's intent was corrected besides."""

    comment: Written
    confirmed: bool
    sku: str | None
    streamer: str
    frames: tuple[str, ...]
    quantity: int | None
    variant: str | None
    code: str | None
    is_corrected: bool


class Feedback:
    """Corrections and decisions in the database."""

    def __init__(self, database: Database, page: int = _PAGE) -> None:
        self._database, self._page = database, page

    async def correct(self, comment_id: UUID, intent: Intent, by: str | None) -> bool:
        """Note what the comment's intent really is; a later correction takes an earlier one's place. False where there
        is no such comment."""
        async with self._database.transaction() as connection:
            found = await connection.fetchval(statement("feedback/correct"), comment_id, intent, by)
        return found is not None

    async def corrections(self, since: datetime) -> AsyncIterator[Correction]:
        """The corrections made since then, the earliest first."""
        async for row in self._rows("feedback/corrections", since):
            yield Correction(_written(row), row["intent"])

    async def decisions(self, since: datetime) -> AsyncIterator[Decision]:
        """The reviews that were confirmed or declined since then, the earliest first."""
        async for row in self._rows("feedback/decisions", since):
            yield Decision(
                _written(row),
                confirmed=row["status"] == "confirmed",
                sku=row["sku"],
                streamer=row["streamer"],
                frames=tuple(row["frames"]),
                quantity=row["quantity"],
                variant=row["variant"],
                code=row["code"],
                is_corrected=row["is_corrected"],
            )

    async def _rows(self, name: str, since: datetime) -> AsyncIterator[asyncpg.Record]:
        after = _FIRST
        while True:
            async with self._database.transaction() as connection:
                rows = await connection.fetch(statement(name), since, *after, self._page)
            for row in rows:
                yield row
            if len(rows) < self._page:
                return
            after = rows[-1]["at"], rows[-1]["comment_id"]


def _written(row: asyncpg.Record) -> Written:
    names = (row["client"], row["client_id"], row["streamer"])
    return Written(row["message"], row["language"], tuple(name for name in names if name))
