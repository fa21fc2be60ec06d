"""What payment does to many orders at once: reads and writes that each take one statement for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.records import PaidOrder
from stages.adapters.database.ledger import accrue_all
from stages.adapters.database.order_rows import paid_order
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.database.webhook_events import announce_all


@dataclass(frozen=True, slots=True)
class Card:
    """A buyer's saved card at the payment provider."""

    customer: str
    payment_method: str


@dataclass(frozen=True, slots=True)
class Due:
    """An order as it stands, and the card that may be charged for it; None where none may."""

    order: PaidOrder
    card: Card | None


@dataclass(frozen=True, slots=True)
class Payment:
    """An order was paid by this payment, at that time."""

    order_id: UUID
    payment_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """An order waits at this pay link."""

    order_id: UUID
    session_id: str
    url: str


async def to_pay(database: Database, order_ids: Sequence[UUID]) -> list[Due | None]:
    """The orders as they stand now and their buyers' saved cards, in order; None for one that is not there."""
    async with database.autocommit() as connection:
        rows = await connection.fetch(statement("orders/to_pay"), list(order_ids))
    found = {row["id"]: Due(paid_order(row), _card(row)) for row in rows}
    return [found.get(each) for each in order_ids]


def _card(row: asyncpg.Record) -> Card | None:
    customer, payment_method = row["stripe_customer"], row["payment_method"]
    return Card(customer, payment_method) if customer and payment_method else None


async def pay_plain(
    database: Database, refund_window: timedelta, payments: Sequence[Payment]
) -> list[PaidOrder | None]:
    """Book those payments that are plain, in one transaction: of an order that waits for it, that nobody else is at
    work on, and whose payment is not being given back. The orders that these payments have paid, now or before: mostly
    the provider's event is faster than we are. None for the others, which are for `book_payment`."""
    async with database.transaction() as connection:
        rows = await connection.fetch(
            statement("payments/pay_plain"), *_columns((p.order_id, p.payment_id, p.at) for p in payments)
        )
        if rows:
            await accrue_all(connection, [(row, row["paid_at"] + refund_window, row["rate"]) for row in rows])
            await announce_all(connection, "order.paid", [row["id"] for row in rows])
        orders = await _by_id(connection, [payment.order_id for payment in payments])
    paid = {(each.order_id, each.payment_id): each for each in orders.values() if each.status == "paid"}
    return [paid.get((payment.order_id, payment.payment_id)) for payment in payments]


async def keep_links(database: Database, links: Sequence[Link]) -> list[PaidOrder | None]:
    """Keep the pay links; the orders as they stand then, in order."""
    first = {link.order_id: link for link in reversed(links)}.values()
    async with database.autocommit() as connection:
        await connection.execute(
            statement("orders/await_payment"),
            *_columns((link.order_id, link.session_id, link.url) for link in first),
        )
        orders = await _by_id(connection, [link.order_id for link in links])
    return [orders.get(link.order_id) for link in links]


async def _by_id(connection: Connection, order_ids: Sequence[UUID]) -> dict[UUID, PaidOrder]:
    rows = await connection.fetch(statement("orders/by_ids"), list(order_ids))
    return {row["id"]: paid_order(row) for row in rows}


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
