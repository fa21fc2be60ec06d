"""Events of the payment provider that were taken in, and disputes."""

from __future__ import annotations

from datetime import datetime

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


class ProviderEvents:
    """The events in the database, each remembered by its id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_known(self, event_id: str) -> bool:
        """Whether the event was taken in before."""
        async with self._database.autocommit() as connection:
            known: bool = await connection.fetchval(statement("payments/is_event_known"), event_id)
            return known

    async def remember(self, event_id: str, event_type: str) -> None:
        """The event has done all that it does."""
        async with self._database.transaction() as connection:
            await connection.fetchval(statement("orders/remember_event"), event_id, event_type)

    async def mark_disputed(self, payment_id: str, *, disputed: bool, now: datetime) -> bool:
        """Keep on the payment's order that the bank disputes it, or no longer does. False where no order has it."""
        async with self._database.transaction() as connection:
            order = await connection.fetchval(statement("payments/dispute"), payment_id, disputed, now)
            return order is not None
