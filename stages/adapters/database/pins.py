"""What the hosts pinned: the entries of kind `pin` in the public stream, whose message is the sku."""

from __future__ import annotations

from datetime import datetime

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


class StoredPins:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pinned(self, streamer: str, at: datetime) -> str | None:
        """The sku that the streamer pinned last, in the six hours up to `at`; None where there is none."""
        async with self._database.autocommit() as connection:
            sku: str | None = await connection.fetchval(statement("pins/latest"), streamer, at)
        return sku
