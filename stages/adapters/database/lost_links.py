"""Pay links that ended unpaid, and cards that were refused where nobody waits for the answer any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from pipeline.decision import derived_id
from schemas.records import PlacedOrder
from stages.adapters.database.news import tell_of_order
from stages.adapters.database.order_rows import placed_order
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.payment_attempts import AttemptStatus
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.adapters.database.webhook_events import announce

STAGE_IS_AT_IT = timedelta(minutes=15)
"""The stage tries an order for minutes, then dead-letters it: an attempt that is older is nobody's."""


class LostLinks:
    """Orders whose payment failed while their pieces are still held. Every change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def held(self, session_id: str, now: datetime) -> PlacedOrder | None:
        """The unpaid order of a session that ended, while its hold stands: it gets another link. None where it was
        paid, cancelled or given another link, or where its hold is over, which the keeper of holds ends."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("payments/held_at_checkout"), session_id, now)
        return placed_order(row) if row else None

    async def replace(
        self, event_id: str, event_type: str, order_id: UUID, session_id: str, new_session: str, url: str
    ) -> bool:
        """Give an order a new link in place of that of `session_id`, and tell its buyer. Whether this call did it."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(statement("orders/remember_event"), event_id, event_type):
                return False
            row = await connection.fetchrow(
                statement("payments/replace_link"), order_id, session_id, new_session, url
            )
            if row is None:
                return False
            # Each link that ends is news of its own.
            await tell_of_order(connection, "payment_failed", row, derived_id(f"link/{new_session}"))
            await announce(connection, "payment.failed", order_id, session_id)
            return True

    async def settle_refusal(
        self,
        event_id: str,
        event_type: str,
        attempt_key: str,
        status: AttemptStatus,
        payment_id: str | None,
        code: str | None,
        now: datetime,
    ) -> bool:
        """A saved card was refused, says the provider's event. While the stage is at the attempt, it knows by itself;
        where it may have given up, the order goes back to it, and gets a pay link. Whether this call moved anything."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(statement("orders/remember_event"), event_id, event_type):
                return False
            attempt = await connection.fetchrow(statement("payments/attempt_by_key"), attempt_key)
            if attempt is None or now - attempt["created_at"] < STAGE_IS_AT_IT:
                return False
            order_id = attempt["order_id"]
            number = attempt["attempt"]
            await connection.execute(
                statement("payments/settle_attempt"), order_id, number, status, payment_id, code, now
            )
            await announce(connection, "payment.failed", order_id, attempt_key)
            row = await connection.fetchrow(statement("orders/by_id"), order_id)
            if row is None or row["status"] != "placed":
                return False
            await put_in_outbox(
                connection, derived_id(f"refused/{attempt_key}"), "payment", placed_order(row)
            )
            return True
