"""Rows of refunds, within a transaction: wanted first, then done or refused; each moves the order and the ledger."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from stages.adapters.database.ledger import correct
from stages.adapters.database.news import tell_of_order
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules, lock_stock
from stages.adapters.database.waitlist import give_back
from stages.adapters.database.webhook_events import announce


async def want_refund(
    connection: Connection,
    refund_id: UUID,
    order_id: UUID,
    payment_id: str,
    amount_minor: int,
    currency: str,
    reason: str,
    *,
    restock: bool,
    now: datetime,
) -> None:
    """Write down that so much of a payment is to be given back, once for each `refund_id`."""
    await connection.execute(
        statement("refunds/want"),
        refund_id,
        order_id,
        payment_id,
        amount_minor,
        currency,
        reason,
        restock,
        now,
    )


async def finish_refund(
    connection: Connection, refund_id: UUID, provider_id: str, now: datetime, rules: StockRules
) -> bool:
    """The money went back: move the order, correct the commission, tell the buyer, and where it was asked for put the
    pieces back. Whether this call did it. The transaction has locked neither order nor stock."""
    wanted = await connection.fetchrow(statement("refunds/pieces"), refund_id)
    if wanted is None or wanted["status"] != "wanted":
        return False
    if wanted["restock"]:
        # Before the order is locked, as everywhere.
        await lock_stock(connection, wanted["product_id"], wanted["variant_id"])
    order = await lock_order(connection, wanted["order_id"])
    refund = await connection.fetchrow(statement("refunds/finish"), refund_id, provider_id, now)
    if refund is None:
        return False  # another worker was here first
    if refund["payment_id"] == order["payment_id"]:
        await _move_order(connection, order, refund["amount_minor"], str(refund_id))
    await _tell(connection, refund_id)
    await announce(connection, "order.refunded", wanted["order_id"], str(refund_id))
    if refund["restock"]:
        await give_back(
            connection, wanted["product_id"], wanted["variant_id"], wanted["quantity"], now, rules
        )
    return True


async def reverse_refund(connection: Connection, refund_id: UUID, error: str) -> bool:
    """A refund that was done has failed after all: the money is ours again. Whether this call booked it."""
    found = await connection.fetchrow(statement("refunds/pieces"), refund_id)
    if found is None:
        return False
    order = await lock_order(connection, found["order_id"])
    refund = await connection.fetchrow(statement("refunds/reverse"), refund_id, error)
    if refund is None:
        return False
    if refund["payment_id"] == order["payment_id"]:
        await _move_order(connection, order, -refund["amount_minor"], f"{refund_id}:failed")
    return True


async def lock_order(connection: Connection, order_id: UUID) -> asyncpg.Record:
    """The order, which nobody else moves until the transaction ends. Raises NoSuchOrder."""
    order = await connection.fetchrow(statement("payments/lock_order"), order_id)
    if order is None:
        raise NoSuchOrder(f"There is no order {order_id}.")
    return order


async def _move_order(connection: Connection, order: asyncpg.Record, refunded_minor: int, cause: str) -> None:
    """So much more (with a negative number: less) of the order's payment went back."""
    await connection.execute(statement("refunds/move_order"), order["id"], refunded_minor)
    net_paid = order["amount_minor"] - order["refunded_minor"] - refunded_minor
    await correct(connection, order["id"], cause, net_paid)


async def _tell(connection: Connection, refund_id: UUID) -> None:
    [row] = await connection.fetch(statement("refunds/news"), refund_id)
    await tell_of_order(connection, "refunded", row, refund_id)
