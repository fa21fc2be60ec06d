"""The newest orders, with their states."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.records import OrderStatus
from stages.adapters.database.statements import statement
from stages.console.backstage import Backstage
from stages.console.views.amounts import shown
from stages.console.views.window import begin

LIMIT = 40


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """An order; `until` is when the hold of an unpaid one ends, `refunded` what went back of one that stays paid."""

    number: str
    comment_id: UUID
    placed_at: datetime
    status: OrderStatus
    what: str
    client: str
    platform: str
    total: str
    refunded: str | None
    cancelled_for: str | None
    until: datetime | None
    is_disputed: bool


@dataclass(frozen=True, slots=True)
class OrdersView:
    """The newest first; `states` counts the window's orders by state, in the order of their lives."""

    rows: tuple[ShownOrder, ...]
    states: tuple[tuple[OrderStatus, int], ...]


_LIFE: tuple[OrderStatus, ...] = ("placed", "awaiting_payment", "paid", "failed", "cancelled", "refunded")


async def orders_view(backstage: Backstage, streamer: str) -> OrdersView:
    """The newest LIMIT orders of a streamer."""
    async with backstage.reading(streamer) as connection:
        rows = await connection.fetch(statement("console/orders"), streamer, LIMIT)
        states = await connection.fetch(statement("console/order_states"), streamer, begin(backstage.now()))
    counts = {row["status"]: row["orders"] for row in states}
    return OrdersView(
        tuple(_shown(row) for row in rows),
        tuple((status, counts[status]) for status in _LIFE if status in counts),
    )


def _shown(row: asyncpg.Record) -> ShownOrder:
    status: OrderStatus = row["status"]
    times = f"{row['quantity']} × " if row["quantity"] > 1 else ""
    variant = f", {row['variant']}" if row["variant"] else ""
    refunded = row["refunded_minor"] if status == "paid" else 0
    return ShownOrder(
        number=row["order_number"],
        comment_id=row["comment_id"],
        placed_at=row["placed_at"],
        status=status,
        what=f"{times}{row['product_name']}{variant}",
        client=row["client"],
        platform=row["platform"],
        total=shown(row["amount_minor"], row["currency"]),
        refunded=shown(refunded, row["currency"]) if refunded else None,
        cancelled_for=row["cancelled_for"],
        until=row["hold_until"] if status in ("placed", "awaiting_payment") else None,
        is_disputed=row["disputed_at"] is not None,
    )
