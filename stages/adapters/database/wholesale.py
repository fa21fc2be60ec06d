"""Many claims in one transaction of a dozen statements: those that nothing can stand in the way of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from schemas.records import MatchedComment, PlacedOrder
from stages.adapters.database.buyers import buyer_id
from stages.adapters.database.order_rows import age_seconds, order_id
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules
from stages.adapters.database.webhook_events import announce_all


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claim, and how many pieces must be left behind it: see Orders.place."""

    claim: MatchedComment
    spare: int

    @property
    def buyer(self) -> UUID:
        """Its buyer's id."""
        return buyer_id(self.claim.viewer.platform, self.claim.viewer.key)


async def place_plain(
    connection: Connection, wanted: Sequence[Wanted], now: datetime, max_age_seconds: float, rules: StockRules
) -> dict[UUID, PlacedOrder]:
    """The orders of those claims that are plain, by comment id; nothing is done for the others, which are for
    `place_claim`.

    A claim is plain where its product has neither variants nor a limit per buyer and its stock covers all that is
    wanted of it here, spare pieces included; where the comment is not too old, has no order and no place on the
    waitlist yet, and was not taken back; and where its buyer is not blocked, locked by nobody else, and stays below
    the limit of unpaid pieces with all that they claim here. So no claim is judged by what a neighbour does.

    Locks the products by id, before the buyers, and waits for no buyer: whoever locks one product and then buyers
    can't be waiting for it in a circle.
    """
    wanted = _once_each(each for each in wanted if age_seconds(each.claim.seq, now) <= max_age_seconds)
    wanted = await _plentiful(connection, [each for each in wanted if each.claim.variant_id is None])
    wanted = await _unhindered(connection, wanted)
    wanted = await _allowed(connection, wanted, rules)
    return await _place(connection, wanted, now, rules) if wanted else {}


def _once_each(wanted: Iterable[Wanted]) -> list[Wanted]:
    return list({each.claim.comment_id: each for each in wanted}.values())


async def _plentiful(connection: Connection, wanted: Sequence[Wanted]) -> list[Wanted]:
    pieces: Counter[UUID] = Counter()
    spare: dict[UUID, int] = defaultdict(int)
    for each in wanted:
        product = each.claim.product_id
        pieces[product] += each.claim.quantity
        spare[product] = max(spare[product], each.spare)
    if not pieces:
        return []
    rows = await connection.fetch(statement("wholesale/lock_products"), list(pieces))
    plenty = {row["id"] for row in rows if row["stock"] >= pieces[row["id"]] + spare[row["id"]]}
    return [each for each in wanted if each.claim.product_id in plenty]


async def _unhindered(connection: Connection, wanted: Sequence[Wanted]) -> list[Wanted]:
    if not wanted:
        return []
    rows = await connection.fetch(
        statement("wholesale/obstacles"), [each.claim.comment_id for each in wanted]
    )
    hindered = {row["id"] for row in rows}
    return [each for each in wanted if each.claim.comment_id not in hindered]


async def _allowed(connection: Connection, wanted: Sequence[Wanted], rules: StockRules) -> list[Wanted]:
    if not wanted:
        return []
    rows = await connection.fetch(statement("wholesale/lock_buyers"), list({each.buyer for each in wanted}))
    known = {row["id"]: row for row in rows}
    claimed: Counter[tuple[UUID, str]] = Counter()
    for each in wanted:
        claimed[each.buyer, each.claim.streamer] += each.claim.quantity
    return [
        each
        for each in wanted
        if _may(
            known.get(each.buyer), each, claimed[each.buyer, each.claim.streamer], rules.buyer_unpaid_limit
        )
    ]


def _may(known: asyncpg.Record | None, wanted: Wanted, claimed: int, limit: int) -> bool:
    """As `refusal` has it, but that all the buyer claims here counts at once."""
    if known is None:
        return claimed <= limit
    if known["blocked"] or not known["is_free"]:
        return False
    if wanted.claim.viewer.verified and known["has_card"]:
        return True
    return int((known["unpaid"] or {}).get(wanted.claim.streamer, 0)) + claimed <= limit


async def _place(
    connection: Connection, wanted: Sequence[Wanted], now: datetime, rules: StockRules
) -> dict[UUID, PlacedOrder]:
    buyers = {
        each.buyer: (each.buyer, each.claim.viewer.platform, each.claim.viewer.key, each.claim.viewer.client)
        for each in wanted
    }
    await connection.execute(
        statement("wholesale/meet"), *_columns(buyers[buyer] for buyer in sorted(buyers))
    )
    pieces: Counter[UUID] = Counter()
    for each in wanted:
        pieces[each.claim.product_id] += each.claim.quantity
    await connection.execute(statement("wholesale/take"), list(pieces), list(pieces.values()))
    last = await connection.fetchval(statement("wholesale/next_numbers"), now.date(), len(wanted))
    first = last - len(wanted) + 1
    orders = [_order(each.claim, now, first + place) for place, each in enumerate(wanted)]
    *columns, currencies = _columns(_row(order, each) for order, each in zip(orders, wanted, strict=True))
    hold_until = now + timedelta(seconds=rules.hold_seconds)
    await connection.execute(statement("wholesale/place"), *columns, now, hold_until, currencies)
    await connection.execute(
        statement("wholesale/map_comments"),
        [order.comment_id for order in orders],
        [order.order_id for order in orders],
    )
    await announce_all(connection, "order.placed", [order.order_id for order in orders])
    return {order.comment_id: order for order in orders}


def _order(claim: MatchedComment, now: datetime, number: int) -> PlacedOrder:
    return PlacedOrder(
        comment_id=claim.comment_id,
        seq=claim.seq,
        streamer=claim.streamer,
        viewer=claim.viewer,
        order_id=order_id(claim.comment_id),
        order_number=f"ORD-{now:%Y%m%d}-{number:05d}",
        product_name=claim.product_name,
        quantity=claim.quantity,
        total=claim.price.times(claim.quantity),
        status="placed",
    )


def _row(order: PlacedOrder, wanted: Wanted) -> tuple[object, ...]:
    return (
        order.order_id,
        order.order_number,
        order.comment_id,
        order.streamer,
        wanted.claim.product_id,
        order.product_name,
        wanted.buyer,
        order.quantity,
        wanted.claim.price.amount_minor,
        order.total.amount_minor,
        order.total.currency,
    )


def _columns(rows: Iterable[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
