"""Order: one transaction from a claim to an order with its stock reserved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from pipeline.stage import Drop, Emit, Limits, Outcome, Stage
from schemas.records import MatchedComment
from stages.adapters.database.orders import Orders, SoldOut, TooOld

TOO_OLD = "too old to order"


async def order(
    claim: MatchedComment, *, orders: Orders, now: Callable[[], datetime], max_age_seconds: float
) -> Outcome:
    """Place the claim's order, or find the one that stands since an earlier delivery, whatever its age. A claim that
    came in more than `max_age_seconds` ago makes none: nobody wants to be charged for what they wrote that long ago.
    """
    placed = await orders.place(claim, now(), max_age_seconds)
    if isinstance(placed, SoldOut):
        return Drop("sold out", note={"product": str(claim.product_id)})
    if isinstance(placed, TooOld):
        return Drop(TOO_OLD)
    return Emit(placed, note={"order": placed.order_number})


def order_stage(
    limits: Limits, *, orders: Orders, now: Callable[[], datetime], max_age_seconds: float
) -> Stage[MatchedComment]:
    """The stage that places orders."""
    handler = partial(order, orders=orders, now=now, max_age_seconds=max_age_seconds)
    return Stage(
        name="order",
        consumes=MatchedComment,
        emits="payment",
        limits=limits,
        one=handler,
        exclusive=True,
    )
