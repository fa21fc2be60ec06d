"""Unpaid orders and places on the waitlist are given up, and their pieces go to who waits."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from stages.adapters.database.news import Row, tell_of_order, tell_of_place
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules, lock_stock, move_stock
from stages.adapters.database.waitlist import serve
from stages.adapters.database.webhook_events import announce

CancelledFor = Literal["hold expired", "buyer", "host", "retracted"]


async def cancel_order(
    connection: Connection, order_id: UUID, reason: CancelledFor, now: datetime, rules: StockRules
) -> Row | None:
    """Cancel an unpaid order (for `hold expired` only one that waits for its payment and whose hold has run out), with
    the place on the waitlist that its comment still has: who lets a hold run out is not the next to be served. The
    buyer is told. Returns the order's row; None where it is not there or no longer unpaid."""
    product = await connection.fetchval(statement("orders/product_of"), order_id)
    if product is None:
        return None
    await lock_stock(connection, product, None)
    order = await _cancel(connection, order_id, reason, now)
    if order is not None:
        await connection.fetch(statement("waitlist/end_place"), order["comment_id"], now)
        await serve(connection, product, now, rules)
    return order


async def release_claim(
    connection: Connection, comment_id: UUID, reason: CancelledFor, now: datetime, rules: StockRules
) -> list[Row]:
    """Give up all that is unpaid of a comment's claim, its place on the waitlist too; the buyer is told. Returns the
    rows of what was given up: orders, or the place where no order stood."""
    for row in await connection.fetch(statement("claims/products"), comment_id):
        await lock_stock(connection, row["product_id"], None)
    place = await connection.fetchrow(statement("waitlist/end_place"), comment_id, now)
    open_orders = await connection.fetch(statement("claims/open_orders"), comment_id)
    orders = [await _cancel(connection, order["id"], reason, now) for order in open_orders]
    released = [order for order in orders if order is not None]
    for product in {order["product_id"] for order in released}:
        await serve(connection, product, now, rules)
    if place is not None and not released:
        await tell_of_place(connection, "cancelled", place)
        return [place]
    return released


async def _cancel(connection: Connection, order_id: UUID, reason: CancelledFor, now: datetime) -> Row | None:
    order = await connection.fetchrow(
        statement("orders/cancel"), order_id, now, reason, reason == "hold expired"
    )
    if order is None:
        return None
    await move_stock(connection, order["product_id"], order["variant_id"], order["quantity"])
    await tell_of_order(connection, "cancelled", order)
    await announce(connection, "order.cancelled", order_id, now.isoformat())
    return order
