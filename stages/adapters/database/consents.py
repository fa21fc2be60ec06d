"""What buyers agreed to, by channel: the newest row of a channel counts (see notifications/addresses.sql)."""

from __future__ import annotations

from uuid import UUID

from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement


async def write_consent(
    connection: Connection, buyer_id: UUID, channel: str, *, granted: bool, source: str
) -> None:
    """Add a consent or its withdrawal within the caller's transaction. `source` says where it was given or withdrawn:
    "onboarding", "STOP", "host"."""
    await connection.execute(statement("consents/add"), buyer_id, channel, granted, source)
