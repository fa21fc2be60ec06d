"""Comments that come in by a door become entries of the public stream."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, assert_never
from uuid import uuid4

import orjson
from msgspec import Struct
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

from pipeline.decision import partition_of
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import Hasty, Kept, Offer
from stages.doors.comment_count import COMMENTS
from stages.doors.high_water import Congested, HighWater
from stages.doors.posted_comment import PostedComment
from stages.doors.rate_limits import RateLimits
from stages.ingest import identity_text
from stages.sources import Sources

_ASK_AGAIN_SECONDS = 0.1
_RETRY_AFTER_SECONDS = 1
_TOO_MANY = 429
_LOST = (ConnectionError, TimeoutError, OSError)


class Log(Protocol):
    """The public stream, which knows what was offered before, and how fast; see CommentLog."""

    async def append(self, offers: Sequence[Offer | None], key_id: str) -> list[Kept | Hasty | None]: ...


class Pusher(Protocol):
    """Who pushes comments: `source` is what they are signed as."""

    @property
    def key_id(self) -> str: ...
    @property
    def source(self) -> str: ...
    def may_act_for(self, streamer: str) -> bool: ...


class Taken(Struct, frozen=True, gc=False):
    """The comment stands in the stream, since now or since it was first posted."""

    comment_id: str
    queued_to: str
    stream: str
    timestamp: str
    is_new: bool = True

    def told(self) -> dict[str, Any]:
        """As Queued says it."""
        return {
            "ok": True,
            "queued_to": self.queued_to,
            "stream": self.stream,
            "timestamp": self.timestamp,
        }


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """This comment was not kept. `status` is what HTTP calls it; with `retry_after_seconds` it may come again."""

    status: int
    error: str
    retry_after_seconds: int | None = None


Answer = Taken | TurnedAway


@dataclass(frozen=True, slots=True)
class CommentDoor:
    """Turns posted comments into entries of the public stream. Where Redis goes away before it has answered, it is
    asked again for `patience_seconds`: an answer late is better than one that leaves open what became of the comment.
    """

    log: Log
    limits: RateLimits
    keys: Keys
    partitions: int
    sources: Sources
    high_water: HighWater
    now: Callable[[], datetime]
    patience_seconds: float = 5.0
    clock: Callable[[], float] = time.monotonic
    first: str = field(kw_only=True)
    """The stage that reads a comment once it is stored."""

    async def take(self, posted: Sequence[PostedComment], pusher: Pusher) -> list[Answer]:
        """Append the comments, in this order and in one step, signed as the pusher's source; those that the pusher may
        not send, or not so fast, are turned away.

        Where an answer stays out, the comments that nobody knows about are answered 503, with words of their own.
        Raises Congested and what says that Redis is away or full (connection.REDIS_AWAY), where nothing was kept.
        """
        try:
            await self.high_water.check()
            answers = await self._take(posted, pusher)
        except (Congested, *REDIS_AWAY):
            COMMENTS.labels("503").inc(len(posted))
            raise
        for name, count in Counter(map(_name, answers)).items():
            COMMENTS.labels(name).inc(count)
        return answers

    async def _take(self, posted: Sequence[PostedComment], pusher: Pusher) -> list[Answer]:
        now = self.now().isoformat()
        offers = [
            self._offer(one, pusher, now) if pusher.may_act_for(one.streamer) else None for one in posted
        ]
        try:
            kept = await self.log.append(offers, pusher.key_id)
        except BusyLoadingError:  # a ConnectionError by its class, but an answer: Redis took nothing
            raise
        except _LOST as error:
            if _never_arrived(error):
                raise
            found = await self._append_again(offers, pusher)
            if found is None:
                return [
                    _perhaps_kept(offer) if offer else _forbidden(one)
                    for one, offer in zip(posted, offers, strict=True)
                ]
            kept = found
        return [self._answer(one, each) for one, each in zip(posted, kept, strict=True)]

    def _answer(self, posted: PostedComment, kept: Kept | Hasty | None) -> Answer:
        match kept:
            case None:
                return _forbidden(posted)
            case Hasty():
                fast = self.limits.refusal(kept)
                return TurnedAway(_TOO_MANY, fast.error, fast.retry_after_seconds)
            case Kept():
                return self._taken(posted.streamer, kept)
            case _:
                assert_never(kept)

    def _offer(self, posted: PostedComment, pusher: Pusher, now: str) -> Offer:
        fields = {
            "streamer": posted.streamer,
            "client": posted.client,
            "timestamp": posted.timestamp.isoformat() if posted.timestamp else now,
            "platform": posted.platform,
            "message_id": posted.message_id or uuid4().hex,
        }
        if posted.message is not None:
            fields["message"] = posted.message
        if posted.kind != "comment":
            fields["kind"] = posted.kind
        if posted.client_id:
            fields["client_id"] = posted.client_id
        if posted.frame_urls:
            fields["frame_urls"] = orjson.dumps(posted.frame_urls).decode()
        # Each source speaks for itself: what one has sent is no answer to another, and counts for no viewer of another:
        # none silences these by speaking in their names.
        identity = identity_text("", posted.platform, fields)
        speaker = (pusher.source, *posted.viewer) if posted.kind == "comment" else None
        return Offer(f"{pusher.source}:{identity}", self.sources.stamp(fields, pusher.source), speaker)

    async def _append_again(
        self, offers: Sequence[Offer | None], pusher: Pusher
    ) -> list[Kept | Hasty | None] | None:
        """The answer was lost; the same offers get the same answer, once there is one. None where none comes."""
        give_up_at = self.clock() + self.patience_seconds
        while self.clock() < give_up_at:
            await asyncio.sleep(_ASK_AGAIN_SECONDS)
            try:
                return await self.log.append(offers, pusher.key_id)
            except REDIS_AWAY:
                continue
        return None

    def _taken(self, streamer: str, kept: Kept) -> Taken:
        queue = self.keys.stream(self.first, partition_of(streamer, self.partitions))
        timestamp = kept.timestamp.replace("+00:00", "Z")
        return Taken(kept.name.rpartition(":")[2], queue, self.keys.comments, timestamp, kept.is_new)


def _name(answer: Answer) -> str:
    match answer:
        case Taken(is_new=is_new):
            return "taken" if is_new else "again"
        case TurnedAway(status=status):
            return str(status)
        case _:
            assert_never(answer)


def _forbidden(posted: PostedComment) -> TurnedAway:
    return TurnedAway(403, f"This key may not send comments of {posted.streamer!r}.")


def _perhaps_kept(offer: Offer) -> TurnedAway:
    words = (
        "The queue went away before it answered, so the comment may or may not have been kept. Please send it again "
        f'with "message_id": "{offer.fields["message_id"]}": then it counts once.'
    )
    return TurnedAway(503, words, _RETRY_AFTER_SECONDS)


def _never_arrived(error: Exception) -> bool:
    """Whether the command was not even sent: nobody listens there."""
    return isinstance(error, ConnectionRefusedError) or isinstance(error.__context__, ConnectionRefusedError)
