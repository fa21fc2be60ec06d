"""How much a stage has to do, asked of Redis."""

from __future__ import annotations

import time
from collections.abc import Callable

from redis.asyncio import Redis

from pipeline.backlog_watch import Load
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.keys import Keys
from pipeline.stage import PUBLIC_STREAM

_MOST_COUNTED = 100_000  # unread entries, where the server doesn't know their number


class StreamLoad:
    """Weighs streams; `clock` gives epoch seconds."""

    def __init__(self, redis: Redis, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._redis, self._keys, self._clock = redis, keys, clock

    async def __call__(self, stream: str, stage: str, partition: int) -> Load:
        """The load of `stage`, which reads `stream`, on a partition. Raises what redis-py raises."""
        key = self._keys.stream(stream, partition)
        retry = self._keys.retry(stage, None if stream == PUBLIC_STREAM else partition)
        backlog = Backlog(self._redis, key, stage)
        unread, lag = await backlog.weighed(_MOST_COUNTED)
        return Load(
            length=await self._redis.xlen(key),
            unread=unread,
            lag=lag,
            retries=await self._redis.zcard(retry),
            due=await self._redis.zcount(retry, "-inf", int(self._clock() * 1000)),
            oldest_seconds=await backlog.oldest_unfinished_seconds(),
        )
