"""What the shop's own systems are told of its orders, written down where it happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money, exponent_of
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement

Event = Literal["order.placed", "order.paid", "order.cancelled", "order.refunded", "payment.failed"]


async def announce(connection: Connection, event: Event, order_id: UUID, cause: str = "") -> None:
    """Tell every endpoint that listens, in the transaction of the change itself and after it: the order is told as it
    stands then. Once for each `cause` (a refund, an attempt), however often it is called."""
    endpoints = await connection.fetch(statement("webhooks/listening"), event, order_id)
    if not endpoints:
        return
    row = await connection.fetchrow(statement("webhooks/order"), order_id)
    assert row is not None  # noqa: S101 - it has endpoints, so it is there
    event_id = derived_id(f"event/{event}/{order_id}/{cause}")
    payload = {"id": str(event_id), "type": event, "order": _order(row)}
    await connection.execute(
        statement("webhooks/announce"), [each["id"] for each in endpoints], event_id, event, payload
    )


async def announce_all(connection: Connection, event: Event, order_ids: Sequence[UUID]) -> None:
    """The same for several orders; one statement where nobody listens."""
    if await connection.fetchval(statement("webhooks/anybody_listens"), event):
        for order_id in order_ids:
            await announce(connection, event, order_id)


def _order(row: asyncpg.Record) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "order_number": row["order_number"],
        "status": row["status"],
        "streamer": row["streamer"],
        "comment_id": str(row["comment_id"]),
        "product": {"id": str(row["product_id"]), "sku": row["sku"], "name": row["product_name"]},
        "variant": row["variant"],
        "quantity": row["quantity"],
        "amount_minor": row["amount_minor"],
        "refunded_minor": row["refunded_minor"],
        "currency": row["currency"],
        "total": _digits(row["amount_minor"], row["currency"]),
        "buyer": {"handle": row["buyer"], "platform": row["platform"]},
        "placed_at": _time(row["placed_at"]),
        "paid_at": _time(row["paid_at"]),
        "cancelled_at": _time(row["cancelled_at"]),
        "cancelled_for": row["cancelled_for"],
    }


def _digits(amount_minor: int, currency: str) -> str:
    return f"{Money(amount_minor=amount_minor, currency=currency).major:.{exponent_of(currency)}f}"


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
