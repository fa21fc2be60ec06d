"""The commission ledger: rows are added, never changed.

The sum of an order's rows `accrued` and `corrected` is the streamer's share of what was paid for it net of refunds,
rounded half up to a whole minor unit, at the rate under which it was paid. What was paid out is booked below nothing,
so that the sum of all rows is what the shop owes the streamer; it may fall below nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement

EntryKind = Literal["accrued", "corrected", "paid_out"]


@dataclass(frozen=True, slots=True)
class Balance:
    """What a streamer has coming in one currency, in minor units: in all, and of that what may be paid out now. Both
    may lie below nothing. `paid_out` is what was paid out so far."""

    currency: str
    amount_minor: int
    payable_minor: int
    paid_out_minor: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger. `net_paid_minor` is what was paid for the order net of refunds by then; `cause` the refund
    of a correction, or the transfer of a payout."""

    order_id: UUID
    order_number: str
    comment_id: UUID
    product_name: str
    kind: EntryKind
    cause: str
    net_paid_minor: int
    amount_minor: int
    currency: str
    created_at: datetime
    payable_at: datetime


class Ledger:
    """The ledger as it is read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self, streamer: str, now: datetime) -> list[Balance]:
        """One balance for each currency that the streamer ever earned in."""
        async with self._database.transaction() as connection:
            return await balances(connection, streamer, now)

    async def entries(self, streamer: str) -> list[Entry]:
        """All rows of the streamer, oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("ledger/entries"), streamer)
        return [Entry(**dict(row)) for row in rows]

    async def knows(self, streamer: str) -> bool:
        """Whether somebody of this handle sells here."""
        async with self._database.transaction() as connection:
            return await connection.fetchval(statement("ledger/rate"), streamer) is not None

    async def currency_of(self, order_number: str) -> str | None:
        """The currency of an order, or None where there is no such order."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("refunds/order_by_number"), order_number)
        return row["currency"] if row else None


async def balances(connection: Connection, streamer: str, now: datetime) -> list[Balance]:
    """The streamer's balances as the transaction sees them."""
    return [
        Balance(row["currency"], int(row["balance"]), int(row["payable"]), int(row["paid_out"]))
        for row in await connection.fetch(statement("ledger/balances"), streamer, now)
    ]


async def accrue(connection: Connection, order: asyncpg.Record, payable_at: datetime) -> None:
    """Book the commission of an order that was paid just now, once, in the caller's transaction. `order` is a row of
    `orders/pay`."""
    rate = await connection.fetchval(statement("ledger/rate"), order["streamer"])
    await accrue_all(connection, [(order, payable_at, rate)])


async def accrue_all(connection: Connection, paid: Sequence[tuple[asyncpg.Record, datetime, int]]) -> None:
    """The same for several, each with when it becomes payable and at which rate (basis points)."""
    rows = [_accrued(order, payable_at, rate) for order, payable_at, rate in paid]
    await connection.execute(statement("ledger/accrue"), *(list(each) for each in zip(*rows, strict=True)))


def _accrued(order: asyncpg.Record, payable_at: datetime, rate: int) -> tuple[object, ...]:
    commission = Money(amount_minor=order["amount_minor"], currency=order["currency"]).share(rate)
    return (
        derived_id(f"commission/{order['id']}"),
        order["id"],
        order["streamer"],
        order["comment_id"],
        order["amount_minor"],
        commission.amount_minor,
        commission.currency,
        rate,
        payable_at,
    )


async def correct(connection: Connection, order_id: UUID, cause: str, net_paid_minor: int) -> None:
    """Book what brings the order's commission to its share of what is net paid now, once for each `cause`, in the
    caller's transaction, which has locked the order. Nothing where no commission was accrued."""
    order = await connection.fetchrow(statement("ledger/of_order"), order_id)
    if order is None:
        return
    due = Money(amount_minor=net_paid_minor, currency=order["currency"]).share(order["rate"])
    await connection.execute(
        statement("ledger/correct"),
        derived_id(f"commission/{order_id}/{cause}"),
        order_id,
        cause,
        net_paid_minor,
        due.amount_minor - int(order["booked"]),
    )


async def pay_out(connection: Connection, order_id: UUID, transfer_id: str, amount_minor: int) -> None:
    """Book that an order's commission was paid out, once for each transfer, in the caller's transaction."""
    entry_id = derived_id(f"commission/{order_id}/{transfer_id}")
    await connection.execute(statement("ledger/pay_out"), entry_id, order_id, transfer_id, amount_minor)
