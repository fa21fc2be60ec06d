"""The waitlist is served where stock is freed: first come, first served, in the transaction that frees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from pipeline.decision import derived_id
from schemas.records import MatchedComment
from stages.adapters.database.allowance import refusal
from stages.adapters.database.order_rows import age_seconds
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.placing import place_order
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules, lock_stock, move_stock


async def give_back(
    connection: Connection,
    product_id: UUID,
    variant_id: UUID | None,
    pieces: int,
    now: datetime,
    rules: StockRules,
) -> None:
    """Put pieces back into the stock (or add new ones) and serve who waits for them, in the caller's transaction.

    Call it before the transaction locks an order (see `lock_stock`).
    """
    await lock_stock(connection, product_id, None)
    await move_stock(connection, product_id, variant_id, pieces)
    await serve(connection, product_id, now, rules)


async def serve(connection: Connection, product_id: UUID, now: datetime, rules: StockRules) -> None:
    """Give what there is to who waits for the product: each gets an order and goes on to `payment`.

    Who may not have what they waited for any more keeps the place and is passed over; a place that is too old, or
    whose buyer was blocked, ends.
    """
    if await lock_stock(connection, product_id, None) is None:
        return
    exhausted: set[UUID | None] = set()
    for place in await connection.fetch(statement("waitlist/waiting"), product_id):
        claim = MatchedComment.model_validate(place["claim"])
        if place["refused"] or age_seconds(claim.seq, now) > rules.waitlist_seconds:
            await connection.fetch(statement("waitlist/end_place"), claim.comment_id, now)
        elif place["variant_id"] not in exhausted:
            left = await _serve_place(connection, place, claim, now, rules)
            if left.of_product == 0:
                return
            if left.of_place == 0:
                exhausted.add(place["variant_id"])


@dataclass(frozen=True, slots=True)
class _Left:
    """Pieces left after a place was served: of the product, and of what the place waits for."""

    of_product: int
    of_place: int


async def _serve_place(
    connection: Connection, place: asyncpg.Record, claim: MatchedComment, now: datetime, rules: StockRules
) -> _Left:
    stock = await lock_stock(connection, claim.product_id, claim.variant_id)
    assert stock is not None  # noqa: S101 - the caller holds the product's lock
    if stock.lacks_variant or stock.left == 0:
        return _Left(stock.of_product, 0)
    pieces = min(place["quantity"], stock.left)
    buyer = place["buyer_id"]
    if await refusal(connection, claim, buyer, pieces, stock.buyer_limit, rules) is not None:
        return _Left(stock.of_product, stock.left)
    placed = await place_order(connection, claim, pieces, now, rules)
    await connection.execute(statement("waitlist/reduce"), place["id"], pieces, now)
    await put_in_outbox(connection, derived_id(f"served/{placed.order_id}"), "payment", placed)
    return _Left(stock.of_product - pieces, stock.left - pieces)
