"""What payment does to an order: moved forward only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, TypeVar
from uuid import UUID

from pipeline.decision import derived_id
from schemas.records import PaidOrder
from stages.adapters.database.booking import book_payment
from stages.adapters.database.lost_links import STAGE_IS_AT_IT
from stages.adapters.database.order_results import NoSuchOrder
from stages.adapters.database.order_rows import find_order
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.payments_together import (
    Due,
    Link,
    Payment,
    keep_links,
    pay_plain,
    to_pay,
)
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.shared import Shared
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules

R = TypeVar("R")

Told = Literal["booked", "coming", "open"]
"""What an event of a charge finds: it is booked, and the event remembered; the stage that charged is about to book it;
or neither."""

_JUST_CHARGED = timedelta(seconds=10)
"""The stage books what it charged within a fraction of this."""

REFUND_WINDOW = timedelta(days=14)
"""How long after its payment an order's commission becomes payable, where no setting says otherwise."""


@dataclass(frozen=True, slots=True)
class ChargeEvent:
    """A provider's word that a payment of an order succeeded. `attempt_key` names the attempt that made it, where the
    payment says so."""

    event_id: str
    event_type: str
    order_id: UUID
    payment_id: str
    attempt_key: str | None


class PaymentsOfOrders:
    """The side of the orders that payment sees. Every change is one transaction."""

    def __init__(self, database: Database, rules: StockRules, refund_window: timedelta) -> None:
        self._database, self._rules, self._refund_window = database, rules, refund_window
        self._to_pay = Shared(partial(to_pay, database))
        self._pay_plain = Shared(partial(pay_plain, database, refund_window))
        self._await_payment = Shared(partial(keep_links, database))

    @property
    def database(self) -> Database:
        """Where the orders are."""
        return self._database

    async def to_pay(self, order_id: UUID) -> Due:
        """The order as it stands now, and its buyer's saved card. Raises NoSuchOrder."""
        return _found(await self._to_pay(order_id), order_id)

    async def pay(self, order_id: UUID, payment_id: str, now: datetime) -> PaidOrder:
        """Book the payment, once (see `book_payment`). Returns the order as it stands then. Raises NoSuchOrder."""
        if paid := await self._pay_plain(Payment(order_id, payment_id, now)):
            return paid
        async with self._database.transaction() as connection:
            await book_payment(connection, order_id, payment_id, now, self._rules, self._refund_window)
            return await find_order(connection, order_id)

    async def await_payment(self, order_id: UUID, session_id: str, url: str) -> PaidOrder:
        """Keep the pay link at which the order waits. Returns the order as it stands then. Raises NoSuchOrder."""
        return _found(await self._await_payment(Link(order_id, session_id, url)), order_id)

    async def settle_checkout(
        self,
        event_id: str,
        event_type: str,
        session_id: str,
        payment_id: str,
        now: datetime,
        order_id: UUID | None = None,
    ) -> bool:
        """A pay link was paid, says the provider's event: book the payment and send the order on to `notify`, in one
        transaction. `order_id` is the order that the session names, for a link that another one has replaced. Returns
        False where the event came before. Raises NoSuchOrder."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(statement("orders/remember_event"), event_id, event_type):
                return False
            paid_id = await connection.fetchval(statement("orders/by_checkout"), session_id) or order_id
            if paid_id is None:
                raise NoSuchOrder(f"No order waits at the checkout session {session_id}.")
            await self._book(connection, paid_id, payment_id, now, tells=True)
            return True

    async def remember_charge(self, event: ChargeEvent, now: datetime) -> Told:
        """What the event finds, by one statement. Nothing is booked."""
        query = statement("payments/remember_booked")
        async with self._database.autocommit() as connection:
            [row] = await connection.fetch(
                query, event.event_id, event.event_type, event.order_id, event.payment_id, event.attempt_key
            )
        if row["is_remembered"]:
            return "booked"
        made_at = row["attempt_made_at"]
        return "coming" if made_at is not None and now - made_at < _JUST_CHARGED else "open"

    async def settle_charge(self, event: ChargeEvent, now: datetime) -> bool:
        """Book what the event says. While the stage is at the attempt, it
        finds the order paid by itself; where it may have given up, the order goes on to `notify` from here. Returns
        False where the event came before. Raises NoSuchOrder."""
        async with self._database.transaction() as connection:
            remembered = statement("orders/remember_event")
            if not await connection.fetchval(remembered, event.event_id, event.event_type):
                return False
            made = statement("payments/attempt_made_at")
            made_at = await connection.fetchval(made, event.order_id, event.attempt_key)
            is_at_it = made_at is not None and now - made_at < STAGE_IS_AT_IT
            await self._book(connection, event.order_id, event.payment_id, now, tells=not is_at_it)
            return True

    async def _book(
        self, connection: Connection, order_id: UUID, payment_id: str, now: datetime, *, tells: bool
    ) -> None:
        booked = await book_payment(connection, order_id, payment_id, now, self._rules, self._refund_window)
        if booked == "paid" and tells:
            record_id = derived_id(f"paid/{order_id}")
            await put_in_outbox(connection, record_id, "notify", await find_order(connection, order_id))


def _found(found: R | None, order_id: UUID) -> R:
    if found is None:
        raise NoSuchOrder(f"There is no order {order_id}.")
    return found
