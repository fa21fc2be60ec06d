"""Order: from claims to orders with their stock reserved, or from a cancellation to its release; each in one
transaction, which plain claims share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import assert_never
from uuid import UUID

from pipeline.ports import Watermark
from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import Cancellation, MatchedComment, PlacedOrder
from stages.adapters.database.order_results import (
    AlreadyPaid,
    Blocked,
    Contested,
    NothingToCancel,
    OverLimit,
    Refused,
    Released,
    Retracted,
    SoldOut,
    TooOld,
    VariantNeeded,
)
from stages.adapters.database.orders import Orders, age_seconds
from stages.adapters.database.waiting import rank
from stages.adapters.database.wholesale import Wanted

TOO_OLD = "too old to order"
_TURN_SECONDS = 0.05
_TURN_SHARE = 0.1  # of the time that was waited already
_CLAIMS_SECONDS = 10.0  # how long a cancellation lets the claims before it arrive


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a claim counts, and how long it lets those before it go first. Seconds since Redis took it."""

    max_age_seconds: float
    fairness_seconds: float


async def order(
    records: Sequence[MatchedComment | Cancellation],
    *,
    orders: Orders,
    watermark: Watermark,
    now: Callable[[], datetime],
    patience: Patience,
    concurrency: int,
) -> list[Outcome]:
    """Place the claims' orders, or release what cancellations mean.

    Most claims are plain: their orders are placed in one transaction. The others, `concurrency` at a time, each have
    one of their own.
    """
    claims = [record for record in records if isinstance(record, MatchedComment)]
    await _let_by(records, watermark)
    placed = await _place_plain(claims, orders, watermark, now(), patience)
    slots = asyncio.Semaphore(concurrency)

    async def rest(record: MatchedComment | Cancellation) -> Outcome:
        if record.comment_id in placed and isinstance(record, MatchedComment):
            return _placed(record, placed[record.comment_id])
        async with slots:
            return await _alone(record, orders, watermark, now(), patience)

    if len(records) == 1:
        return [await rest(records[0])]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(rest(record)) for record in records]
    return [task.result() for task in tasks]


def order_stage(
    limits: Limits,
    *,
    orders: Orders,
    watermark: Watermark,
    now: Callable[[], datetime],
    patience: Patience,
) -> Stage[MatchedComment | Cancellation]:
    """The stage that places orders."""
    handler = partial(
        order,
        orders=orders,
        watermark=watermark,
        now=now,
        patience=patience,
        concurrency=limits.concurrency,
    )
    return Stage(
        name="order",
        consumes=MatchedComment | Cancellation,
        emits="payment",
        limits=limits,
        batch=handler,
        exclusive=True,
    )


async def _let_by(records: Sequence[MatchedComment | Cancellation], watermark: Watermark) -> None:
    """Nobody has to wait for a cancellation, which claims nothing: or each would wait for the one before it, and be
    handled only when it looks again, one look after the other. All records are of one partition."""
    cancellations = [record for record in records if isinstance(record, Cancellation)]
    if cancellations:
        await watermark.leave(cancellations[0].streamer, [each.seq for each in cancellations])


async def _place_plain(
    claims: Sequence[MatchedComment],
    orders: Orders,
    watermark: Watermark,
    moment: datetime,
    patience: Patience,
) -> Mapping[UUID, PlacedOrder]:
    """Orders that can be placed together: where there is plenty, nobody need know how many came before whom. All
    claims are of one partition, and the latest has the most comments before it."""
    if not claims:
        return {}
    in_turn = sorted(claims, key=lambda claim: rank(claim.seq))
    may_wait = [age_seconds(claim.seq, moment) < patience.fairness_seconds for claim in in_turn]
    latest = in_turn[-1]
    earlier = await watermark.earlier(latest.streamer, latest.seq) if any(may_wait) else 0
    wanted = [Wanted(claim, earlier * waits) for claim, waits in zip(in_turn, may_wait, strict=True)]
    return await orders.place_plain(wanted, moment, patience.max_age_seconds)


async def _alone(
    record: MatchedComment | Cancellation,
    orders: Orders,
    watermark: Watermark,
    moment: datetime,
    patience: Patience,
) -> Outcome:
    match record:
        case MatchedComment():
            return await _claim(record, orders, watermark, moment, patience)
        case Cancellation():
            return await _cancel(record, orders, watermark, moment)
        case _:
            assert_never(record)


async def _claim(
    claim: MatchedComment, orders: Orders, watermark: Watermark, moment: datetime, patience: Patience
) -> Outcome:
    """Place the claim's order, or find the one that stands since an earlier delivery, whatever its age. A claim that
    came in more than `max_age_seconds` ago makes none: nobody wants to be charged for what they wrote that long ago.

    The earlier comment wins the last piece: while the stock does not also cover one piece for each earlier comment
    that is still on its way, the claim waits for them, for `fairness_seconds` since it came at most.
    """
    is_patient = age_seconds(claim.seq, moment) < patience.fairness_seconds
    earlier = await watermark.earlier(claim.streamer, claim.seq) if is_patient else 0
    placed = await orders.place(claim, moment, patience.max_age_seconds, earlier)
    return _placed(claim, placed) if isinstance(placed, PlacedOrder) else _refused(claim, placed, earlier)


def _placed(claim: MatchedComment, placed: PlacedOrder) -> Emit:
    waiting = claim.quantity - placed.quantity
    return Emit(placed, note={"order": placed.order_number} | ({"waiting": waiting} if waiting else {}))


def _refused(claim: MatchedComment, refused: Refused, earlier: int) -> Outcome:
    product = {"product": str(claim.product_id)}
    match refused:
        case SoldOut(waits=waits, overtaken=overtaken):
            facts = {"waitlist": waits, "overtaken": overtaken}
            return Drop("sold out", note=product | {name: True for name, is_so in facts.items() if is_so})
        case Contested():
            return Retry(f"{earlier} earlier comments may want it", after=_TURN_SECONDS, counts=False)
        case TooOld():
            return Drop(TOO_OLD)
        case Retracted():
            return Drop("retracted")
        case Blocked():
            return Drop("blocked")
        case OverLimit(limit=limit):
            return Drop("over the limit", note={**product, "limit": limit})
        case VariantNeeded():
            return Drop("variant needed", note=product)
        case _:
            assert_never(refused)


async def _cancel(
    cancellation: Cancellation, orders: Orders, watermark: Watermark, moment: datetime
) -> Outcome:
    """Release the claim that is meant. A cancellation comes a shorter way than the claims before it: it lets them
    arrive first, for some seconds; of one that takes longer, the comment is taken back."""
    if age_seconds(cancellation.seq, moment) < _CLAIMS_SECONDS:
        earlier = await watermark.earlier(cancellation.streamer, cancellation.seq)
        if earlier:
            reason = f"{earlier} earlier comments may be what is cancelled"
            # What has taken long already may take long still: nobody need look twenty times a second.
            after = max(_TURN_SECONDS, age_seconds(cancellation.seq, moment) * _TURN_SHARE)
            return Retry(reason, after=after, counts=False)
    cancelled = await orders.cancel_claim(cancellation, moment)
    match cancelled:
        case Released(orders=numbers):
            reason = "cancelled" if cancellation.retracts is None else "retracted a claim"
            return Drop(reason, note={"orders": list(numbers)} if numbers else {})
        case AlreadyPaid():
            return Drop("already paid")
        case NothingToCancel():
            # Without a claim of one's own to give up it remains what it was.
            return Drop("complaint" if cancellation.retracts is None else "retract recorded")
        case _:
            assert_never(cancelled)
