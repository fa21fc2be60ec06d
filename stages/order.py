"""Order: one transaction from a claim to an order with its stock reserved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from pipeline.stage import Drop, Emit, Limits, Outcome, Stage
from schemas.records import MatchedComment
from stages.adapters.database.orders import Orders, SoldOut


async def order(claim: MatchedComment, *, orders: Orders, now: Callable[[], datetime]) -> Outcome:
    """Place the claim's order, or find the one that stands since an earlier delivery."""
    placed = await orders.place(claim, now())
    if isinstance(placed, SoldOut):
        return Drop("sold out", note={"product": str(claim.product_id)})
    return Emit(placed, note={"order": placed.order_number})


def order_stage(limits: Limits, *, orders: Orders, now: Callable[[], datetime]) -> Stage[MatchedComment]:
    """The stage that places orders."""
    handler = partial(order, orders=orders, now=now)
    return Stage(name="order", consumes=MatchedComment, emits="payment", limits=limits, one=handler)
