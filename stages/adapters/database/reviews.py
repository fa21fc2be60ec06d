"""Matches that somebody has to look at."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.adapters.matcher import Match


class Reviews:
    """The queue of unsure matches."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, comment_id: UUID, candidates: Sequence[Match], frames: Sequence[str]) -> None:
        """Put a comment's match into the queue, the likeliest candidate first; one that is in it stays as it is,
        decided or not."""
        rows = [{"sku": each.sku, "score": round(each.score, 4)} for each in candidates]
        async with self._database.autocommit() as connection:
            await connection.execute(statement("reviews/open"), comment_id, rows, list(frames))
