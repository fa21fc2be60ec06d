"""An order's row, as the records that travel between stages."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import PaidOrder, PlacedOrder, Viewer
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement


def order_id(comment_id: UUID, part: int = 0) -> UUID:
    """The id of an order that a comment makes; part 0 is the first, the others fill the rest of its quantity."""
    return derived_id(f"order/{comment_id}/{part}" if part else f"order/{comment_id}")


def age_seconds(seq: str, now: datetime) -> float:
    """How long ago Redis took the comment: its own clock, never the sender's, who could choose."""
    return now.timestamp() - int(seq.partition("-")[0]) / 1000


async def find_order(connection: Connection, order_id: UUID) -> PaidOrder:
    """The order as it stands in the caller's transaction. Raises NoSuchOrder."""
    row = await connection.fetchrow(statement("orders/by_id"), order_id)
    if row is None:
        raise NoSuchOrder(f"There is no order {order_id}.")
    return paid_order(row)


def paid_order(row: asyncpg.Record) -> PaidOrder:
    """The order in a row of `orders/by_id`, as the notify stage takes it."""
    return PaidOrder(
        comment_id=row["comment_id"],
        seq=row["seq"],
        streamer=row["streamer"],
        order_id=row["id"],
        order_number=row["order_number"],
        product_name=row["product_name"],
        total=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        status=row["status"],
        payment_id=row["payment_id"],
        payment_url=row["payment_url"],
    )


def placed_order(row: asyncpg.Record) -> PlacedOrder:
    """The order in a row of `orders/by_id`, as the payment stage takes it."""
    return PlacedOrder(
        comment_id=row["comment_id"],
        seq=row["seq"],
        streamer=row["streamer"],
        viewer=viewer(row),
        order_id=row["id"],
        order_number=row["order_number"],
        product_name=row["product_name"],
        quantity=row["quantity"],
        total=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        status=row["status"],
    )


def viewer(row: asyncpg.Record) -> Viewer:
    """The viewer in a row of chat_messages."""
    return Viewer(
        platform=row["platform"], client=row["client"], client_id=row["client_id"], verified=row["verified"]
    )
