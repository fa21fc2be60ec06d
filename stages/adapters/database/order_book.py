"""Orders, as those who keep the shop read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from schemas.money import Money
from schemas.records import OrderStatus
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.adapters.vault import Vault

_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Contact:
    """How a buyer is reached; None where they never said."""

    phone: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """An order with its buyer. `contact` is None unless it was asked for."""

    number: str
    placed_at: datetime
    status: OrderStatus
    streamer: str
    sku: str
    product_name: str
    variant: str | None
    quantity: int
    total: Money
    refunded: Money
    buyer: str
    platform: str
    client_id: str
    comment_id: UUID
    message: str
    source: str
    paid_at: datetime | None
    cancelled_at: datetime | None
    cancelled_for: str | None
    hold_until: datetime | None
    disputed_at: datetime | None
    payment_id: str | None
    payment_url: str | None
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders: None is any."""

    streamer: str | None = None
    status: OrderStatus | None = None
    since: datetime | None = None
    number: str | None = None


class OrderBook:
    """Reads only. Phone numbers and e-mail addresses are opened where they are asked for, and only there."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    async def orders(
        self, wanted: Wanted, *, limit: int | None = None, with_contacts: bool = False
    ) -> list[BookedOrder]:
        """The orders, newest first. Raises UnusableDataKeys where contacts are sealed with a key that is not there."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(
                statement("order_book/orders"),
                wanted.streamer,
                wanted.status,
                wanted.since,
                wanted.number,
                limit or _ALL,
            )
        return [_booked(row, self._contact(row) if with_contacts else None) for row in rows]

    def _contact(self, row: asyncpg.Record) -> Contact:
        phone, email = row["phone"], row["email"]
        return Contact(phone and self._vault.open(phone), email and self._vault.open(email))


_MONEYLESS = (
    "placed_at", "status", "streamer", "sku", "product_name", "variant", "quantity", "buyer", "platform", "client_id",
    "comment_id", "message", "source", "paid_at", "cancelled_at", "cancelled_for", "hold_until", "disputed_at",
    "payment_id", "payment_url",
)  # fmt: skip


def _booked(row: asyncpg.Record, contact: Contact | None) -> BookedOrder:
    same: dict[str, Any] = {name: row[name] for name in _MONEYLESS}
    return BookedOrder(
        number=row["order_number"],
        total=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        refunded=Money(amount_minor=row["refunded_minor"], currency=row["currency"]),
        contact=contact,
        **same,
    )
