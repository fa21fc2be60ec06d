"""How fast comments may come in: from one key, and from one viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, assert_never

from limits import RateLimitItem, parse

from pipeline.engines.redis.offer import Hasty, Rate


@dataclass(frozen=True, slots=True)
class TooFast:
    """A limit is used up; after `retry_after_seconds` at the latest there is room again."""

    error: str
    retry_after_seconds: int


@dataclass(frozen=True, slots=True)
class RateLimits:
    """`per_key` for what one key sends; `per_viewer` for each viewer under each streamer. They are counted where the
    comments are kept (CommentLog), so that all gateways share them."""

    per_key: RateLimitItem | None
    per_viewer: RateLimitItem | None

    @classmethod
    def of(cls, *, per_key: str, per_viewer: str) -> Self:
        """A limit reads "20/10second"; "" is none."""
        return cls(_limit(per_key), _limit(per_viewer))

    @property
    def key_rate(self) -> Rate | None:
        """As it is counted."""
        return _rate(self.per_key)

    @property
    def viewer_rate(self) -> Rate | None:
        """Likewise."""
        return _rate(self.per_viewer)

    def refusal(self, hasty: Hasty) -> TooFast:
        """What is said to whoever was too fast."""
        match hasty.whose:
            case "key":
                limit = _known(self.per_key)
                words = f"This key sends too fast: {limit} are taken. Please send it again later."
            case "speaker":
                limit = _known(self.per_viewer)
                words = f"This viewer writes too fast: {limit} are taken."
            case _:
                assert_never(hasty.whose)
        return TooFast(words, limit.get_expiry())


def _limit(text: str) -> RateLimitItem | None:
    return parse(text) if text else None


def _rate(limit: RateLimitItem | None) -> Rate | None:
    return Rate(limit.amount, limit.get_expiry()) if limit else None


def _known(limit: RateLimitItem | None) -> RateLimitItem:
    assert limit is not None  # noqa: S101 - or nobody would have been too fast
    return limit
