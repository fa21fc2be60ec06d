"""From a claim to an order, to a place on the waitlist, or to nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from schemas.records import MatchedComment, PlacedOrder
from stages.adapters.database.allowance import refusal
from stages.adapters.database.buyers import buyer_id
from stages.adapters.database.news import tell_of_claim
from stages.adapters.database.order_results import (
    Contested,
    Refused,
    Retracted,
    SoldOut,
    TooOld,
    VariantNeeded,
)
from stages.adapters.database.order_rows import age_seconds, order_id, placed_order
from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import Stock, StockRules, lock_stock, move_stock
from stages.adapters.database.waiting import add_place, rank
from stages.adapters.database.webhook_events import announce


async def place_claim(
    connection: Connection,
    claim: MatchedComment,
    now: datetime,
    max_age_seconds: float,
    spare: int,
    rules: StockRules,
) -> PlacedOrder | Refused:
    """What stands of the claim since an earlier delivery, or what is made of it now (see Orders.place)."""
    # The lock comes first: whoever places the same claim at the same time is seen, or waits.
    stock = await lock_stock(connection, claim.product_id, claim.variant_id)
    standing = await _standing(connection, claim)
    if standing is not None:
        return standing
    if age_seconds(claim.seq, now) > max_age_seconds:
        return TooOld()
    if stock is None:
        return SoldOut()
    return await _allocate(connection, claim, stock, now, spare, rules)


async def _standing(connection: Connection, claim: MatchedComment) -> PlacedOrder | Refused | None:
    order = await connection.fetchrow(statement("orders/by_id"), order_id(claim.comment_id))
    if order:
        return placed_order(order)
    known = await connection.fetchrow(statement("claims/standing"), claim.comment_id)
    if known and known["retracted"]:
        return Retracted()
    return SoldOut(waits=known["place"] == "waiting") if known and known["place"] else None


async def _allocate(
    connection: Connection, claim: MatchedComment, stock: Stock, now: datetime, spare: int, rules: StockRules
) -> PlacedOrder | Refused:
    if stock.lacks_variant:
        return VariantNeeded()
    pieces = min(claim.quantity, stock.left)
    if pieces and stock.left < pieces + spare:
        return Contested()
    viewer = claim.viewer
    buyer = buyer_id(viewer.platform, viewer.key)
    await connection.execute(statement("stock/lock_buyer"), buyer)
    refused = await refusal(connection, claim, buyer, claim.quantity, stock.buyer_limit, rules)
    if refused is not None:
        return refused
    await meet(connection, claim)
    if rules.waitlist and pieces < claim.quantity:
        await add_place(connection, claim, buyer, claim.quantity - pieces, now)
    if pieces:
        return await place_order(connection, claim, pieces, now, rules)
    if not rules.waitlist:
        await tell_of_claim(connection, "sold_out", claim, buyer, claim.quantity, claim.comment_id)
    overtaken = await connection.fetchval(statement("claims/is_overtaken"), claim.product_id, rank(claim.seq))
    return SoldOut(waits=rules.waitlist, overtaken=overtaken)


async def meet(connection: Connection, claim: MatchedComment) -> UUID:
    """The id of the claim's buyer, who is made known where they weren't."""
    viewer = claim.viewer
    buyer: UUID = await connection.fetchval(
        statement("buyers/meet"),
        buyer_id(viewer.platform, viewer.key),
        viewer.platform,
        viewer.key,
        viewer.client,
    )
    return buyer


async def place_order(
    connection: Connection, claim: MatchedComment, pieces: int, now: datetime, rules: StockRules
) -> PlacedOrder:
    """Take the pieces and place the next part of the claim: stock, number, order and mapping, in the caller's
    transaction, which has locked the stock and knows the buyer."""
    await move_stock(connection, claim.product_id, claim.variant_id, -pieces)
    part = await connection.fetchval(statement("orders/next_part"), claim.comment_id)
    number = await connection.fetchval(statement("orders/next_number"), now.date())
    placed = PlacedOrder(
        comment_id=claim.comment_id,
        seq=claim.seq,
        streamer=claim.streamer,
        viewer=claim.viewer,
        order_id=order_id(claim.comment_id, part),
        order_number=f"ORD-{now:%Y%m%d}-{number:05d}",
        product_name=claim.product_name,
        quantity=pieces,
        total=claim.price.times(pieces),
        status="placed",
    )
    await connection.execute(
        statement("orders/place"),
        placed.order_id,
        placed.order_number,
        claim.comment_id,
        part,
        claim.streamer,
        claim.product_id,
        claim.product_name,
        claim.variant_id,
        claim.variant if claim.variant_id else None,
        buyer_id(claim.viewer.platform, claim.viewer.key),
        pieces,
        claim.price.amount_minor,
        placed.total.amount_minor,
        placed.total.currency,
        now,
        now + timedelta(seconds=rules.hold_seconds),
    )
    await connection.execute(statement("orders/map_comment"), claim.comment_id, placed.order_id)
    await announce(connection, "order.placed", placed.order_id)
    return placed
