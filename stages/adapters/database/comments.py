"""The comments in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from schemas.records import ClassifiedComment, Comment
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


@dataclass(frozen=True, slots=True)
class Retraction:
    """A comment is taken back, says a source, which may be `verified`."""

    comment_id: UUID
    source: str
    verified: bool


class Comments:
    """Bulk writes: one round trip for a batch, whatever its size."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, comments: Sequence[Comment]) -> dict[UUID, str]:
        """Store those that are not there yet. Returns for each comment id the `seq` under which it was stored
        first: another one than the comment's own means that the platform's message came twice."""
        rows = [
            (
                c.comment_id,
                c.seq,
                c.streamer,
                c.viewer.client,
                c.viewer.client_id,
                c.viewer.platform,
                c.message,
                c.message_id,
                c.timestamp,
                orjson.dumps(c.frame_urls).decode(),  # a list would become an array of two dimensions
                c.source,
                c.viewer.verified,
                c.kind,
            )
            for c in comments
        ]
        async with self._database.transaction() as connection:
            await connection.execute(statement("comments/store"), *_columns(rows))
            stored = await connection.fetch(statement("comments/first_seqs"), [row[0] for row in rows])
        return {row["id"]: row["seq"] for row in stored}

    async def retract(self, retractions: Sequence[Retraction]) -> set[UUID]:
        """Mark the comments as taken back, where the source that says so is theirs, or a verified one. Returns those
        that are marked, now or since before."""
        rows = [(each.comment_id, each.source, each.verified) for each in retractions]
        async with self._database.autocommit() as connection:
            marked = await connection.fetch(statement("comments/retract"), *_columns(rows))
        return {row["id"] for row in marked}

    async def classify(self, comments: Sequence[ClassifiedComment]) -> None:
        """Write intents, scores and slots beside the stored comments."""
        rows = [
            (c.comment_id, c.intent, c.score, c.quantity, c.variant, c.code, c.language) for c in comments
        ]
        async with self._database.autocommit() as connection:
            await connection.execute(statement("comments/classify"), *_columns(rows))


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
