"""Where a process may be told to die, and the wrapping that makes it able to: production code knows nothing of it."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import ModuleType
from typing import Any

from benchmarks.recovery.control import Victim
from pipeline.engines.redis import kept_connections
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.streams import StageStream
from pipeline.stage import PUBLIC_STREAM
from stages.adapters.database.catalog import Catalog
from stages.adapters.database.comments import Comments
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.notifications import Notifications
from stages.adapters.database.orders import Orders
from stages.adapters.messages import TwilioMessages
from stages.adapters.payments import StripePayments

STAGES = ("ingest", "intent", "vision", "order", "payment", "notify", "projector")
_STAGE_OF_STREAM = {PUBLIC_STREAM: "ingest", "events": "projector"}

# A point lies right behind a call: what it did is done, and nobody knows yet.
BEHIND: dict[str, tuple[type, str]] = {
    "comments stored": (Comments, "store"),
    "intent stored": (Comments, "classify"),
    "match stored": (Catalog, "store_match"),
    "order committed": (Orders, "place_plain"),
    "card charged": (StripePayments, "charge_as"),
    "payment committed": (Orders, "pay"),
    "pay link opened": (StripePayments, "open_checkout"),
    "pay link committed": (Orders, "await_payment"),
    "webhook committed": (Orders, "settle_checkout"),
    "outbox row appended": (RedisAppender, "__call__"),
    "message claimed": (Notifications, "claim"),
    "message sent": (TwilioMessages, "send"),
    "message recorded": (Notifications, "record"),
    "end states committed": (EndStates, "record"),
}
COMMENT_SENT = "comment sent, reply unread"

POINTS = (
    *BEHIND,
    COMMENT_SENT,
    *(f"before settle of {stage}" for stage in STAGES),
    *(f"settle of {stage} sent, reply unread" for stage in STAGES),
)

_reply_awaited: ContextVar[str | None] = ContextVar("reply_awaited", default=None)


def install(victim: Victim) -> None:
    """Make this process pass the points."""
    for point, (owner, method) in BEHIND.items():
        _wrap(owner, method, functools.partial(_behind, victim, point))
    _wrap(StageStream, "settle", functools.partial(_around_settle, victim))
    _wrap(CommentLog, "_commit", _around_comment)
    _wrap(kept_connections, "_answer", functools.partial(_before_reply, victim))


def _wrap(owner: type | ModuleType, method: str, around: Callable[..., Awaitable[Any]]) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    async def wrapped(self: Any, *args: Any, **kwargs: Any) -> Any:
        return await around(functools.partial(original, self), self, *args, **kwargs)

    setattr(owner, method, wrapped)


async def _behind(
    victim: Victim, point: str, call: Callable[..., Awaitable[Any]], _: Any, *args: Any, **kwargs: Any
) -> Any:
    answer = await call(*args, **kwargs)
    victim.passes(point)
    return answer


async def _around_settle(
    victim: Victim, call: Callable[..., Awaitable[Any]], stream: StageStream, *args: Any, **kwargs: Any
) -> Any:
    name = stream.key.partition(":")[0]
    stage = _STAGE_OF_STREAM.get(name, name)
    victim.passes(f"before settle of {stage}")
    return await _awaiting(f"settle of {stage} sent, reply unread", call, *args, **kwargs)


async def _around_comment(call: Callable[..., Awaitable[Any]], _: Any, *args: Any, **kwargs: Any) -> Any:
    return await _awaiting(COMMENT_SENT, call, *args, **kwargs)


async def _awaiting(point: str, call: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> Any:
    token = _reply_awaited.set(point)
    try:
        return await call(*args, **kwargs)
    finally:
        _reply_awaited.reset(token)


async def _before_reply(victim: Victim, call: Callable[..., Awaitable[Any]], _: Any) -> Any:
    """A trip's commands are written to their socket, and their replies not read yet: by the point of whoever was the
    first to ask for it."""
    if point := _reply_awaited.get():
        victim.passes(point)
    return await call()
