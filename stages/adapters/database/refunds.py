"""Refunds: what is to be given back, what was, and what could not be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.refund_rows import finish_refund, lock_order, reverse_refund, want_refund
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules
from stages.adapters.stripe_amounts import stripe_amount

RefundStatus = Literal["wanted", "done", "refused"]


@dataclass(frozen=True, slots=True)
class Refund:
    """Money that goes back. `provider_id` is Stripe's id once it went, `error` why it could not."""

    id: UUID
    order_id: UUID
    payment_id: str
    amount: Money
    status: RefundStatus
    provider_id: str | None
    error: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class NothingPaid:
    """The order was not paid: there is nothing to give back."""

    status: str


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Less than that is left of what was paid, counting refunds under way."""

    left: Money


@dataclass(frozen=True, slots=True)
class RestockInPart:
    """Pieces go back on the shelf only where all that is left of the payment goes back."""

    left: Money


Want: TypeAlias = Refund | NothingPaid | TooMuch | RestockInPart


class Refunds:
    """The refunds in the database. Every change is one transaction."""

    def __init__(self, database: Database, rules: StockRules) -> None:
        self._database, self._rules = database, rules

    async def want(
        self,
        order_number: str,
        amount_minor: int | None,
        reason: str,
        key: str,
        *,
        restock: bool,
        now: datetime,
    ) -> Want:
        """Write down a refund of that much, or of all that is left, once for each `key` of an order: with a key that
        was used before, that refund as it stands. Raises NoSuchOrder, and PaymentMisused for an amount that the
        provider can't move."""
        async with self._database.transaction() as connection:
            found = await connection.fetchrow(statement("refunds/order_by_number"), order_number)
            if found is None:
                raise NoSuchOrder(f"There is no order {order_number}: see `tiktoksales orders list`.")
            refund_id = derived_id(f"refund/{found['id']}/{key}")
            order = await lock_order(connection, found["id"])
            standing = await connection.fetchrow(statement("refunds/by_id"), refund_id)
            if standing is not None:
                return _refund(standing)
            if order["payment_id"] is None or order["status"] not in ("paid", "refunded"):
                return NothingPaid(order["status"])
            left = await _left(connection, order)
            wanted = left.amount_minor if amount_minor is None else amount_minor
            if not 0 < wanted <= left.amount_minor:
                return TooMuch(left)
            stripe_amount(wanted, left.currency)
            if restock and wanted != left.amount_minor:
                return RestockInPart(left)
            await want_refund(
                connection,
                refund_id,
                order["id"],
                order["payment_id"],
                wanted,
                left.currency,
                reason,
                restock=restock,
                now=now,
            )
            [row] = await connection.fetch(statement("refunds/by_id"), refund_id)
            return _refund(row)

    async def find(self, refund_id: UUID) -> Refund | None:
        """A refund as it stands, or None."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("refunds/by_id"), refund_id)
        return _refund(row) if row else None

    async def wanted(self, before: datetime, limit: int) -> list[Refund]:
        """Up to `limit` refunds that were wanted before that moment and have not come about, the oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("refunds/wanted"), before, limit)
        return [_refund(row) for row in rows]

    async def order_of(self, payment_id: str) -> UUID | None:
        """The order that a payment paid, or None."""
        async with self._database.transaction() as connection:
            found: UUID | None = await connection.fetchval(statement("refunds/order_by_payment"), payment_id)
            return found

    async def finish(self, refund_id: UUID, provider_id: str, now: datetime) -> bool:
        """The money went back: order, commission, stock and buyer follow, once (see `finish_refund`). Whether this
        call booked it."""
        async with self._database.transaction() as connection:
            return await finish_refund(connection, refund_id, provider_id, now, self._rules)

    async def refuse(self, refund_id: UUID, error: str) -> None:
        """Keep why a wanted refund can't come about."""
        async with self._database.transaction() as connection:
            await connection.fetch(statement("refunds/refuse"), refund_id, error)

    async def reverse(self, provider_id: str, error: str) -> bool:
        """A refund that was done has failed after all. Whether this call booked it."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("refunds/by_provider_id"), provider_id)
            return row is not None and await reverse_refund(connection, row["id"], error)

    async def book(
        self, payment_id: str, provider_id: str, amount_minor: int, reason: str, now: datetime
    ) -> bool:
        """Book what went back without our asking: by the provider's dashboard, or by a dispute that was lost. Whether
        this call booked it; False where it was booked before, nothing is left of the payment, or no order has it."""
        async with self._database.transaction() as connection:
            if await connection.fetchrow(statement("refunds/by_provider_id"), provider_id):
                return False
            order_id = await connection.fetchval(statement("refunds/order_by_payment"), payment_id)
            if order_id is None:
                return False
            order = await lock_order(connection, order_id)
            amount = min(amount_minor, order["amount_minor"] - order["refunded_minor"])
            if amount <= 0:
                return False
            refund_id = derived_id(f"refund/{provider_id}")
            await want_refund(
                connection,
                refund_id,
                order_id,
                payment_id,
                amount,
                order["currency"],
                reason,
                restock=False,
                now=now,
            )
            return await finish_refund(connection, refund_id, provider_id, now, self._rules)


async def _left(connection: Connection, order: asyncpg.Record) -> Money:
    left = await connection.fetchval(statement("refunds/left"), order["id"])
    return Money(amount_minor=max(int(left), 0), currency=order["currency"])


def _refund(row: asyncpg.Record) -> Refund:
    return Refund(
        row["id"],
        row["order_id"],
        row["payment_id"],
        Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        row["status"],
        row["provider_id"],
        row["error"],
        row["created_at"],
    )
