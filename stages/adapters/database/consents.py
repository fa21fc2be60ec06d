"""What buyers agreed to, by channel: the newest row of a channel counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.message_results import Channel

REGISTERED = "registered"
"""The source of a consent that nobody wrote down: the channel that the buyer was registered with."""


@dataclass(frozen=True, slots=True)
class Consent:
    """`source` is where it was given or withdrawn ("onboarding", "STOP", "host"); `at` is None for one that came with
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
        """What counts for each channel about which anything was said; a channel that is not in it may not be used."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("consents/newest"), buyer_id)
            registered = await connection.fetchval(statement("consents/registered_channel"), buyer_id)
        said = {row["channel"]: Consent(row["granted"], row["source"], row["created_at"]) for row in rows}
        return ({registered: Consent(True, REGISTERED)} if registered else {}) | said


async def write_consent(
    connection: Connection, buyer_id: UUID, channel: str, *, granted: bool, source: str
) -> None:
    """Add a consent or its withdrawal within the caller's transaction."""
    await connection.execute(statement("consents/add"), buyer_id, channel, granted, source)
