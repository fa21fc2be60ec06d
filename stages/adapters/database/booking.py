"""A payment is booked on its order: paid, or given back where the order can't have it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import structlog

from pipeline.decision import derived_id
from stages.adapters.database.ledger import accrue
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.pool import Connection
from stages.adapters.database.refund_rows import lock_order, want_refund
from stages.adapters.database.reviving import revive
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules
from stages.adapters.database.webhook_events import announce

Booking = Literal["paid", "known", "refunding"]
"""What booking did: the order is paid by this payment now, it was booked before, or the money goes back."""

_log = structlog.get_logger()


async def book_payment(
    connection: Connection,
    order_id: UUID,
    payment_id: str,
    now: datetime,
    rules: StockRules,
    refund_window: timedelta,
) -> Booking:
    """Mark the order as paid and accrue the streamer's commission, once, in the caller's transaction, which has locked
    neither order nor stock.

    A payment of an order that was cancelled meanwhile revives it where its pieces are still there; else, and where
    another payment has paid the order before, all of it is to be given back. Raises NoSuchOrder.
    """
    order = await connection.fetchrow(statement("payments/order"), order_id)
    if order is None:
        raise NoSuchOrder(f"There is no order {order_id}.")
    if await connection.fetchval(statement("payments/is_booked"), order_id, payment_id):
        return "known"
    if order["status"] == "cancelled":
        # It locks the stock before the order.
        await revive(connection, order_id, now, rules)
    paid = await connection.fetchrow(statement("orders/pay"), order_id, payment_id, now)
    if paid is not None:
        await accrue(connection, paid, now + refund_window)
        await announce(connection, "order.paid", order_id)
        return "paid"
    return await _give_back(connection, order_id, payment_id, now)


async def _give_back(connection: Connection, order_id: UUID, payment_id: str, now: datetime) -> Booking:
    order = await lock_order(connection, order_id)
    if order["payment_id"] == payment_id:
        return "known"  # another worker booked it in the same moment
    reason = "paid after it was cancelled" if order["status"] == "cancelled" else "paid twice"
    _log.warning("a payment goes back", order=order["order_number"], reason=reason)
    if order["payment_id"] is None:
        await connection.execute(statement("payments/keep_payment"), order_id, payment_id)
    await _want_all(connection, order, payment_id, reason, now)
    return "refunding"


async def _want_all(
    connection: Connection, order: asyncpg.Record, payment_id: str, reason: str, now: datetime
) -> None:
    await want_refund(
        connection,
        derived_id(f"refund/{payment_id}/all"),
        order["id"],
        payment_id,
        order["amount_minor"],
        order["currency"],
        reason,
        restock=False,
        now=now,
    )
