"""The outbox: what changed in the database and must move the pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import orjson

from pipeline.relay import OutboxRow
from schemas.codec import encode
from schemas.records import CommentRecord
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement


class DatabaseOutbox:
    """The rows that no relay has sent yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def unsent(self, limit: int) -> AsyncIterator[list[OutboxRow]]:
        """Up to `limit` rows, oldest first, locked against other relays; marked as sent when the block ends well."""
        # Mostly there is none, and ten looks a second need no transaction each.
        if not await self._is_any_unsent():
            yield []
            return
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("outbox/unsent"), limit)
            yield [
                OutboxRow(
                    record_id=row["record_id"],
                    stage=row["stage"],
                    comment_id=row["comment_id"],
                    seq=row["seq"],
                    partition_key=row["streamer"],
                    at=row["created_at"].isoformat(),
                    data=orjson.dumps(row["record"]),
                )
                for row in rows
            ]
            if rows:
                await connection.execute(statement("outbox/mark_sent"), [row["id"] for row in rows])

    async def _is_any_unsent(self) -> bool:
        async with self._database.autocommit() as connection:
            return bool(await connection.fetchval(statement("outbox/is_any_unsent")))


async def put_in_outbox(connection: Connection, record_id: UUID, stage: str, record: CommentRecord) -> None:
    """Add a record for `stage` within the caller's transaction; once for each `record_id`."""
    await connection.execute(
        statement("outbox/add"),
        record_id,
        stage,
        record.comment_id,
        record.seq,
        record.streamer,
        orjson.loads(encode(record)),
    )
