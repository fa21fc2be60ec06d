"""A stage on one partition, with everything it needs of Redis, as an agent."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from redis.asyncio import Redis

from pipeline.cancellation import cancel
from pipeline.engines.redis.connection import connect_reader
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.reclaimer import Reclaimer
from pipeline.engines.redis.streams import StageStream
from pipeline.settings import RuntimeSettings
from pipeline.stage import Stage


class StageAgent:
    """Consumer and reclaimer of `stage` in `partition`; `redis` carries their commands, reads have a connection of
    their own."""

    def __init__(self, stage: Stage[Any], partition: int, redis: Redis, settings: RuntimeSettings) -> None:
        self.name = f"{stage.name}:{partition}"
        self._prepare = stage.prepare
        self._reader = connect_reader(settings.redis_url)
        stream = StageStream(
            redis, self._reader, Keys(settings.key_prefix), stage, partition, settings.consumer_name
        )
        # Jitter needs no secrecy, only spread.
        self._consumer = Consumer(
            stage, stream, partitions=settings.partitions, clock=time.time, random=random.random
        )
        self._reclaimer = Reclaimer(
            self._consumer, stream, lease_seconds=settings.lease_seconds, clock=time.time
        )

    def stop(self) -> None:
        """Read no more."""
        self._consumer.stop_reading()

    async def run(self) -> None:
        """Work until stopped and drained."""
        if self._prepare:
            await self._prepare()
        reclaim = asyncio.create_task(self._reclaimer.run())
        try:
            await self._consumer.run()
        finally:
            await cancel([reclaim])
            await self._reader.aclose()


def agents_of(stage: Stage[Any], redis: Redis, settings: RuntimeSettings) -> list[StageAgent]:
    """One agent for each partition of the stage's stream."""
    partitions = 1 if stage.door else settings.partitions
    return [StageAgent(stage, partition, redis, settings) for partition in range(partitions)]
