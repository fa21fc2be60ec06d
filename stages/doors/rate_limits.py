"""How fast comments may come in: from one key, and from one viewer."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from limits.aio.strategies import MovingWindowRateLimiter

from pipeline.engines.redis.coalesced import CoalescedRedis


@dataclass(frozen=True, slots=True)
class TooFast:
    """A limit is used up; after `retry_after_seconds` at the latest there is room again."""

    error: str
    retry_after_seconds: int


class RateLimits:
    """Counts in Redis, so that all gateways share the limits: `per_key` in fixed windows, for what one key sends;
    `per_viewer` in a moving window, for each viewer under each streamer. A limit reads "20/10second"; "" is none."""

    def __init__(self, redis: CoalescedRedis, prefix: str, *, per_key: str, per_viewer: str) -> None:
        self._per_key, self._per_viewer = _limit(per_key), _limit(per_viewer)
        self._storage = RedisStorage(
            "async+redis://",  # not connected to: the pool is
            implementation="redispy",
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # as its documentation has it
            key_prefix=f"{prefix}rate",
        )
        bridge = self._storage.bridge
        assert isinstance(bridge, RedispyBridge)  # noqa: S101 - asked for above
        bridge.storage = redis
        bridge.register_scripts()
        self._moving = MovingWindowRateLimiter(self._storage)

    async def refusals(self, key_id: str, viewers: Sequence[Sequence[str] | None]) -> list[TooFast | None]:
        """For each of these comments of a key, why it must not come in now, if so. A viewer is given by what names
        them; None stands for what no viewer wrote. Raises what redis-py raises."""
        room = await self._room(key_id, len(viewers))
        # What the key may not send counts for no viewer: whoever waits for the key would be a flood in the end.
        floods = await asyncio.gather(*(self._of_viewer(viewer) for viewer in viewers[: max(0, room)]))
        return [*floods, *(self._over() for _ in viewers[len(floods) :])]

    async def _room(self, key_id: str, comments: int) -> int:
        """How many of so many comments the key may still send."""
        limit = self._per_key
        if limit is None:
            return comments
        counted = await self._storage.incr(limit.key_for(key_id), limit.get_expiry(), comments)
        return limit.amount - (counted - comments)

    async def _of_viewer(self, viewer: Sequence[str] | None) -> TooFast | None:
        limit = self._per_viewer
        if limit is None or viewer is None or await self._moving.hit(limit, _digest(viewer)):
            return None
        return TooFast(f"This viewer writes too fast: {limit} are taken.", limit.get_expiry())

    def _over(self) -> TooFast:
        assert self._per_key is not None  # noqa: S101 - or there would be room
        return TooFast(
            f"This key sends too fast: {self._per_key} are taken. Please send it again later.",
            self._per_key.get_expiry(),
        )


def _limit(text: str) -> RateLimitItem | None:
    return parse(text) if text else None


def _digest(names: Sequence[str]) -> str:
    # No name holds the character NUL.
    return hashlib.blake2b("\0".join(names).encode(), digest_size=12).hexdigest()
