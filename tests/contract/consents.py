"""What was kept of buyers' consents, and hosts who note one down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stages.adapters.database import Database
from stages.adapters.database.consents import write_consent
from stages.adapters.message_results import Channel

_NEWEST = (
    "select distinct on (channel) channel, granted, source, created_at from consents where buyer_id = $1 "
    "order by channel, id desc"
)


@dataclass(frozen=True, slots=True)
class Consent:
    """`source` is where it was given or withdrawn ("onboarding", "STOP", "host", ...); `at` is None where it came with
    the registration."""

    granted: bool
    source: str
    at: datetime | None = None


class Consents:
    """The consents of buyers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(self, buyer_id: UUID, channel: Channel, source: str) -> None:
        """The buyer wants messages on this channel."""
        async with self._database.transaction() as connection:
            await write_consent(connection, buyer_id, channel, granted=True, source=source)

    async def withdraw(self, buyer_id: UUID, channel: Channel, source: str) -> None:
        """The buyer wants no more messages on this channel."""
        async with self._database.transaction() as connection:
            await write_consent(connection, buyer_id, channel, granted=False, source=source)

    async def of(self, buyer_id: UUID) -> Mapping[str, Consent]:
        """The newest of each channel, and the one that came with the registration."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(_NEWEST, buyer_id)
            registered = await connection.fetchval("select channel from buyers where id = $1", buyer_id)
        said = {row["channel"]: Consent(row["granted"], row["source"], row["created_at"]) for row in rows}
        return ({registered: Consent(True, "registered")} if registered else {}) | said
