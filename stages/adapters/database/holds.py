"""Holds: an unpaid order keeps its pieces until its hold runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from stages.adapters.database.news import tell_of_order
from stages.adapters.database.pool import Database
from stages.adapters.database.releasing import cancel_order
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules


@dataclass(frozen=True, slots=True)
class OpenCheckout:
    """An order, and the session at the payment provider by which it may still be paid; None where it has none."""

    order_id: UUID
    session_id: str | None


class Holds:
    """The unpaid orders, by when their holds end. Every change is one transaction."""

    def __init__(self, database: Database, rules: StockRules) -> None:
        self._database, self._rules = database, rules

    async def remind(self, now: datetime, before_seconds: float, limit: int) -> int:
        """Tell up to `limit` buyers whose hold ends within `before_seconds`, each once. Returns how many."""
        end = now + timedelta(seconds=before_seconds)
        async with self._database.transaction() as connection:
            orders = await connection.fetch(statement("holds/remind"), now, end, limit)
            for order in orders:
                await tell_of_order(connection, "hold_expiring", order)
            return len(orders)

    async def ended(self, now: datetime, limit: int) -> list[OpenCheckout]:
        """Up to `limit` orders that wait for their payment though their hold has run out, the longest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("holds/ended"), now, limit)
        return [OpenCheckout(row["id"], row["checkout_session"]) for row in rows]

    async def expire(self, order_id: UUID, now: datetime) -> bool:
        """Cancel an order whose hold has run out and whose pay link is dead: its pieces go back, who waits is served,
        the buyer is told. False where it was paid or cancelled meanwhile."""
        async with self._database.transaction() as connection:
            order = await cancel_order(connection, order_id, "hold expired", now, self._rules)
            if order is not None:
                await connection.execute(statement("holds/end_checkout"), order_id, now)
            return order is not None

    async def open_checkouts(self, limit: int) -> list[OpenCheckout]:
        """Up to `limit` orders that were cancelled while their pay link was open."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("holds/open_checkouts"), limit)
        return [OpenCheckout(row["id"], row["checkout_session"]) for row in rows]

    async def end_checkout(self, order_id: UUID, now: datetime) -> None:
        """Keep that the cancelled order's pay link is dead, or paid, which the provider's event tells."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("holds/end_checkout"), order_id, now)
