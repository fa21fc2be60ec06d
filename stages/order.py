"""Order: one transaction from a claim to an order with its stock reserved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import assert_never

from pipeline.ports import Watermark
from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import MatchedComment, PlacedOrder
from stages.adapters.database.orders import Contested, Orders, SoldOut, TooOld, age_seconds

TOO_OLD = "too old to order"
_TURN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a claim counts, and how long it lets those before it go first. Seconds since Redis took it."""

    max_age_seconds: float
    fairness_seconds: float


async def order(
    claim: MatchedComment,
    *,
    orders: Orders,
    watermark: Watermark,
    now: Callable[[], datetime],
    patience: Patience,
) -> Outcome:
    """Place the claim's order, or find the one that stands since an earlier delivery, whatever its age. A claim that
    came in more than `max_age_seconds` ago makes none: nobody wants to be charged for what they wrote that long ago.

    The earlier comment wins the last piece: while the stock does not also cover one piece for each earlier comment
    that is still on its way, the claim waits for them, for `fairness_seconds` since it came at most.
    """
    moment = now()
    is_patient = age_seconds(claim.seq, moment) < patience.fairness_seconds
    earlier = await watermark.earlier(claim.streamer, claim.seq) if is_patient else 0
    placed = await orders.place(claim, moment, patience.max_age_seconds, earlier)
    match placed:
        case SoldOut():
            return Drop("sold out", note={"product": str(claim.product_id)})
        case Contested():
            return Retry(f"{earlier} earlier comments may want it", after=_TURN_SECONDS, counts=False)
        case TooOld():
            return Drop(TOO_OLD)
        case PlacedOrder():
            return Emit(placed, note={"order": placed.order_number})
        case _:
            assert_never(placed)


def order_stage(
    limits: Limits,
    *,
    orders: Orders,
    watermark: Watermark,
    now: Callable[[], datetime],
    patience: Patience,
) -> Stage[MatchedComment]:
    """The stage that places orders."""
    handler = partial(order, orders=orders, watermark=watermark, now=now, patience=patience)
    return Stage(
        name="order",
        consumes=MatchedComment,
        emits="payment",
        limits=limits,
        one=handler,
        exclusive=True,
    )
