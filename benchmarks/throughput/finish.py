"""Knows when the last record is through."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

_LOOK_SECONDS = 0.01
_SETTLING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finish:
    """The stream at the end of the way, and how many entries will stand in it."""

    redis: Redis
    stream: str
    count: int

    async def wait(self, workers: Sequence[asyncio.Task[None]]) -> None:
        """Until all are through. Raises what a worker failed with, and RuntimeError where one ended before."""
        while await self.redis.xlen(self.stream) < self.count:
            for worker in workers:
                if worker.done():
                    worker.result()
                    raise RuntimeError(f"{worker.get_name()} ended before everything was through")
            await asyncio.sleep(_LOOK_SECONDS)


async def none_pending(redis: Redis, streams: Sequence[str]) -> None:
    """Until every entry given out is acknowledged. Raises TimeoutError."""
    async with asyncio.timeout(_SETTLING_SECONDS):
        pending = list(streams)
        while pending:
            pending = [name for name in pending if (await redis.xinfo_groups(name))[0]["pending"]]
            await asyncio.sleep(_LOOK_SECONDS)
