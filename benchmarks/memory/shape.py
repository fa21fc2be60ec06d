"""The shop's stages as Redis sees them: the runtime, the public door, what ingest remembers of viewers, and records of
the real kinds and sizes; without models, database and providers, which keep nothing in Redis.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from redis.asyncio import Redis

from pipeline.decision import derived_id
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.sayings import Bounds, Sayings
from pipeline.events import EndState
from pipeline.settlement import EVENTS
from pipeline.stage import BatchHandler, Drop, Emit, Limits, Outcome, Stage
from schemas.money import Money
from schemas.records import (
    ClassifiedComment,
    Comment,
    MatchedComment,
    Notification,
    PaidOrder,
    PlacedOrder,
    Record,
)
from stages.adapters.database.comments import Comments
from stages.floods import Floods
from stages.ingest import ingest_stage
from stages.sources import Sources

R = TypeVar("R", bound=Record)

_ONE_IN = 5  # comments is a buy, and goes all the way
_LIMITS = Limits(timeout_seconds=30.0, batch_size=256)
DEFAULT_BOUNDS = Bounds(20, 10.0, 10.0)
"""Those of the settings' defaults."""


class _AllNew(Comments):
    """Takes every comment for new, and stores none."""

    def __init__(self) -> None:
        """No database."""

    async def store(self, comments: Sequence[Comment]) -> dict[UUID, str]:
        """Each under its own entry."""
        return {comment.comment_id: comment.seq for comment in comments}


def stages(redis: Redis, keys: Keys, sources: Sources) -> list[Stage[Any]]:
    """All six, and the projector."""
    floods = Floods(Sayings(redis, keys, DEFAULT_BOUNDS))
    return [
        ingest_stage(_LIMITS, store=_AllNew(), sources=sources, floods=floods),
        Stage(name="intent", consumes=Comment, emits="vision", limits=_LIMITS, batch=_classify),
        Stage(
            name="vision",
            consumes=ClassifiedComment,
            emits="order",
            limits=_LIMITS,
            batch=_emitting(_matched),
        ),
        Stage(
            name="order",
            consumes=MatchedComment,
            emits="payment",
            limits=_LIMITS,
            batch=_emitting(_placed),
            exclusive=True,
        ),
        Stage(name="payment", consumes=PlacedOrder, emits="notify", limits=_LIMITS, batch=_emitting(_paid)),
        Stage(name="notify", consumes=PaidOrder, emits=None, limits=_LIMITS, batch=_emitting(_told)),
        Stage(
            name="projector",
            consumes=EndState,
            emits=None,
            limits=_LIMITS,
            batch=_record,
            reads=EVENTS,
            records_ends=False,
        ),
    ]


async def _classify(comments: Sequence[Comment]) -> list[Outcome]:
    return [
        Emit(ClassifiedComment(**dict(comment), intent="buy", score=0.97, language="en"), note=_judged("buy"))
        if zlib.crc32(comment.seq.encode()) % _ONE_IN == 0
        else Drop("feedback", note=_judged("feedback"))
        for comment in comments
    ]


def _judged(intent: str) -> Mapping[str, Any]:
    return {"intent": intent, "score": 0.97}


def _emitting(make: Callable[[R], Record]) -> BatchHandler[R]:
    """Hands on what is made of each record."""

    async def emit(records: Sequence[R]) -> list[Outcome]:
        return [Emit(make(record)) for record in records]

    return emit


def _matched(comment: ClassifiedComment) -> MatchedComment:
    return MatchedComment(
        **_of(comment),
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        quantity=1,
        product_id=derived_id("product"),
        product_name="Blue Denim Jacket",
        score=0.93,
        price=Money(amount_minor=7999, currency="USD"),
    )


def _placed(comment: MatchedComment) -> PlacedOrder:
    return PlacedOrder(
        **_of(comment),
        viewer=comment.viewer,
        order_id=comment.comment_id,
        order_number="ORD-20261122-00078",
        product_name=comment.product_name,
        quantity=1,
        total=comment.price,
        status="placed",
    )


def _paid(order: PlacedOrder) -> PaidOrder:
    return PaidOrder(
        **_of(order),
        order_id=order.order_id,
        order_number=order.order_number,
        product_name=order.product_name,
        total=order.total,
        status="paid",
        payment_id="pi_3QXn8m2eZvKYlo2C1a2b3c4d",
    )


def _told(order: PaidOrder) -> Notification:
    return Notification(
        **_of(order),
        order_id=order.order_id,
        order_number=order.order_number,
        status="sent",
        message_sid="SM0123456789abcdef0123456789abcdef",
    )


async def _record(states: Sequence[EndState]) -> list[Outcome]:
    return [Drop("recorded") for _ in states]


def _of(record: ClassifiedComment | MatchedComment | PlacedOrder | PaidOrder) -> dict[str, Any]:
    return {"comment_id": record.comment_id, "seq": record.seq, "streamer": record.streamer}
