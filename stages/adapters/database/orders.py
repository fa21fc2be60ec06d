"""Orders: placed once for each comment, moved forward only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.money import Money
from schemas.records import MatchedComment, PaidOrder, PlacedOrder, Viewer
from stages.adapters.database.buyers import buyer_id
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement


class NoSuchOrder(LookupError):
    """The database knows no such order: it belongs to another database, or was never placed."""


class OrderPlacedMeanwhile(Exception):
    """Another worker placed this comment's order in the same moment; the next attempt finds it."""


@dataclass(frozen=True, slots=True)
class SoldOut:
    """The product's stock did not cover the quantity; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Contested:
    """The stock covers the quantity, but not also what others may want first; nothing was changed."""


@dataclass(frozen=True, slots=True)
class TooOld:
    """The comment came too long ago to become an order now; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Card:
    """A buyer's saved card at the payment provider."""

    customer: str
    payment_method: str


def order_id(comment_id: UUID) -> UUID:
    """The id of the order that a comment makes."""
    return derived_id(f"order/{comment_id}")


class Orders:
    """The orders in the database. Every change is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(
        self, match: MatchedComment, now: datetime, max_age_seconds: float, spare: int = 0
    ) -> PlacedOrder | SoldOut | Contested | TooOld:
        """Order, stock, number and mapping in one transaction, where `spare` pieces are left then. A comment whose
        order stands already gets that order; else one that Redis took more than `max_age_seconds` ago gets none.
        Raises OrderPlacedMeanwhile."""
        try:
            async with self._database.transaction() as connection:
                standing = await connection.fetchrow(statement("orders/by_id"), order_id(match.comment_id))
                if standing:
                    return placed_order(standing)
                if age_seconds(match.seq, now) > max_age_seconds:
                    return TooOld()
                reserved = await connection.fetchrow(
                    statement("orders/reserve"), match.product_id, match.quantity, spare
                )
                if reserved is None or not reserved["taken"]:
                    return Contested() if reserved and reserved["enough"] else SoldOut()
                return await _place(connection, match, now)
        except asyncpg.UniqueViolationError as error:
            raise OrderPlacedMeanwhile(
                f"The order of comment {match.comment_id} was placed twice."
            ) from error

    async def find(self, order_id: UUID) -> PaidOrder:
        """The order as it stands now. Raises NoSuchOrder."""
        async with self._database.transaction() as connection:
            return await _find(connection, order_id)

    async def card(self, order_id: UUID) -> Card | None:
        """The saved card of the order's buyer, or None."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("orders/card"), order_id)
        if not row or not row["stripe_customer"] or not row["payment_method"]:
            return None
        return Card(row["stripe_customer"], row["payment_method"])

    async def pay(self, order_id: UUID, payment_id: str, now: datetime) -> PaidOrder:
        """Mark as paid and accrue the streamer's commission, once. Returns the order as it stands then."""
        async with self._database.transaction() as connection:
            await _pay(connection, order_id, payment_id, now)
            return await _find(connection, order_id)

    async def await_payment(self, order_id: UUID, session_id: str, url: str) -> PaidOrder:
        """Keep the pay link at which the order waits. Returns the order as it stands then."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("orders/await_payment"), order_id, session_id, url)
            return await _find(connection, order_id)

    async def settle_checkout(
        self, event_id: str, event_type: str, session_id: str, payment_id: str, now: datetime
    ) -> bool:
        """A pay link was paid, says the provider's event: mark the order as paid and send it on to `notify`, in one
        transaction. Returns False where the event came before. Raises NoSuchOrder."""
        async with self._database.transaction() as connection:
            if not await connection.fetchval(statement("orders/remember_event"), event_id, event_type):
                return False
            paid_id = await connection.fetchval(statement("orders/by_checkout"), session_id)
            if paid_id is None:
                raise NoSuchOrder(f"No order waits at the checkout session {session_id}.")
            if await _pay(connection, paid_id, payment_id, now):
                record_id = derived_id(f"paid/{paid_id}")
                await put_in_outbox(connection, record_id, "notify", await _find(connection, paid_id))
            return True


def age_seconds(seq: str, now: datetime) -> float:
    """How long ago Redis took the comment: its own clock, never the sender's, who could choose."""
    return now.timestamp() - int(seq.partition("-")[0]) / 1000


async def _place(connection: Connection, match: MatchedComment, now: datetime) -> PlacedOrder:
    viewer, total = match.viewer, match.price.times(match.quantity)
    buyer = await connection.fetchval(
        statement("buyers/meet"),
        buyer_id(viewer.platform, viewer.key),
        viewer.platform,
        viewer.key,
        viewer.client,
    )
    number = await connection.fetchval(statement("orders/next_number"), now.date())
    placed = PlacedOrder(
        comment_id=match.comment_id,
        seq=match.seq,
        streamer=match.streamer,
        viewer=viewer,
        order_id=order_id(match.comment_id),
        order_number=f"ORD-{now:%Y%m%d}-{number:05d}",
        product_name=match.product_name,
        quantity=match.quantity,
        total=total,
        status="placed",
    )
    await connection.execute(
        statement("orders/place"),
        placed.order_id,
        placed.order_number,
        match.comment_id,
        match.streamer,
        match.product_id,
        match.product_name,
        buyer,
        match.quantity,
        match.price.amount_minor,
        total.amount_minor,
        total.currency,
        now,
    )
    await connection.execute(statement("orders/map_comment"), match.comment_id, placed.order_id)
    return placed


async def _pay(connection: Connection, order_id: UUID, payment_id: str, now: datetime) -> bool:
    """Whether this call is the one that moved the order to paid."""
    order = await connection.fetchrow(statement("orders/pay"), order_id, payment_id, now)
    if order is None:
        return False
    rate = await connection.fetchval(statement("orders/commission_rate"), order["streamer"])
    commission = Money(amount_minor=order["amount_minor"], currency=order["currency"]).share(rate)
    await connection.execute(
        statement("orders/accrue_commission"),
        derived_id(f"commission/{order_id}"),
        order_id,
        order["streamer"],
        order["comment_id"],
        order["amount_minor"],
        commission.amount_minor,
        commission.currency,
    )
    return True


async def _find(connection: Connection, order_id: UUID) -> PaidOrder:
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
        viewer=Viewer(
            platform=row["platform"],
            client=row["client"],
            client_id=row["client_id"],
            verified=row["verified"],
        ),
        order_id=row["id"],
        order_number=row["order_number"],
        product_name=row["product_name"],
        quantity=row["quantity"],
        total=Money(amount_minor=row["amount_minor"], currency=row["currency"]),
        status=row["status"],
    )
