"""Comments that are too many, or the same again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pipeline.engines.redis.sayings import Saying, Sayings
from schemas.records import Comment
from stages.adapters.same_words import same_words


class Judge(Protocol):
    """Tells which comments are not to be gone on with."""

    async def reasons(self, comments: Sequence[Comment]) -> list[str | None]:
        """For each comment the reason for which it is dropped, if it is."""


class Unbounded:
    """Lets everybody say what they like."""

    async def reasons(self, comments: Sequence[Comment]) -> list[str | None]:
        """None at all."""
        return [None] * len(comments)


UNBOUNDED = Unbounded()


@dataclass(frozen=True, slots=True)
class Floods:
    """Bounds each viewer under each streamer, so that nobody's comments cost another's place: "flood" for those beyond
    what one may say, "repeated" for words that the viewer has just said, however they are dressed up.

    Each source is counted by itself, and so is what comes without a good signature: whoever speaks in a viewer's name
    elsewhere does not silence them."""

    sayings: Sayings

    async def reasons(self, comments: Sequence[Comment]) -> list[str | None]:
        """Judged by when Redis took them. Raises what redis-py raises (see connection.REDIS_AWAY)."""
        verdicts = await self.sayings.judge(
            [
                Saying((*_named(comment), comment.source), same_words(comment.message), comment.seq)
                for comment in comments
            ]
        )
        return [None if verdict == "fresh" else verdict for verdict in verdicts]


def _named(comment: Comment) -> tuple[str, str, str]:
    return comment.viewer.platform, comment.streamer, comment.viewer.key
