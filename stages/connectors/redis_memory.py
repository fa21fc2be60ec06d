"""A connector's memory in Redis."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence

from redis.asyncio import Redis

from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from stages.connectors.away import Away
from stages.connectors.memory import MEMORY_SECONDS
from stages.connectors.source import Checkpoint


class RedisMemory:
    """One sorted set of identities by the time when they were last remembered, and one string for the checkpoint;
    both are gone two days after the last comment. `clock` counts epoch seconds."""

    def __init__(
        self, redis: Redis, keys: Keys, platform: str, streamer: str, *, clock: Callable[[], float]
    ) -> None:
        # Handles may hold anything, braces too.
        whose = hashlib.sha256(f"{len(platform)}:{platform}{streamer}".encode()).hexdigest()[:24]
        self._pushed, self._checkpoint = keys.pushed(whose), keys.read_up_to(whose)
        self._redis, self._clock = redis, clock

    async def known(self, identities: Sequence[str]) -> Collection[str]:
        """As Memory.known."""
        try:
            scores = await self._redis.execute_command("ZMSCORE", self._pushed, *identities)
        except REDIS_AWAY as error:
            raise _away(error) from error
        return {identity for identity, score in zip(identities, scores, strict=True) if score is not None}

    async def remember(self, identities: Sequence[str], checkpoint: Checkpoint | None) -> None:
        """As Memory.remember: in one transaction."""
        now = self._clock()
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                if identities:
                    pipe.zadd(self._pushed, dict.fromkeys(identities, now))
                    pipe.zremrangebyscore(self._pushed, "-inf", now - MEMORY_SECONDS)
                    pipe.expire(self._pushed, MEMORY_SECONDS)
                if checkpoint is not None:
                    pipe.set(self._checkpoint, checkpoint.token, ex=MEMORY_SECONDS)
                await pipe.execute()
        except REDIS_AWAY as error:
            raise _away(error) from error

    async def checkpoint(self) -> Checkpoint | None:
        """As Memory.checkpoint."""
        try:
            token = await self._redis.execute_command("GET", self._checkpoint)
        except REDIS_AWAY as error:
            raise _away(error) from error
        return None if token is None else Checkpoint(token.decode())


def _away(error: Exception) -> Away:
    return Away(f"Redis, where it is remembered what was pushed, is away: {error or type(error).__name__}")
