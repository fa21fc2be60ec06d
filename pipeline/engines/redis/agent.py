"""A stage on one partition, with everything it needs of Redis, as an agent."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import structlog
from redis.asyncio import Redis

from pipeline.cancellation import together
from pipeline.engines.redis.connection import connect_reader
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.lease import LeaseKeeper
from pipeline.engines.redis.reclaimer import Reclaimer
from pipeline.engines.redis.streams import Fenced, StageStream
from pipeline.metrics import SETTLES_FENCED
from pipeline.preparation import prepare
from pipeline.settings import RuntimeSettings
from pipeline.stage import Stage


class NameTaken(Exception):
    """Another process runs under this consumer's name."""

    def __init__(self, stage: str, consumer: str) -> None:
        super().__init__(
            f"Another process runs stage {stage} as consumer {consumer} and has taken over; this one ends. "
            "Give each process of a stage its own CONSUMER_NAME."
        )


class StageAgent:
    """Consumer, lease keeper and reclaimer of `stage` in `partition`; `redis` carries their commands, reads have a
    connection of their own."""

    def __init__(self, stage: Stage[Any], partition: int, redis: Redis, settings: RuntimeSettings) -> None:
        self.name = f"{stage.name}:{partition}"
        self._stage, self._partition, self._redis, self._settings = stage, partition, redis, settings
        self._reader = connect_reader(settings.redis_url)
        self._stopping = asyncio.Event()
        self._consumer: Consumer | None = None
        self._log = structlog.get_logger(stage=stage.name, partition=partition)

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()
        if self._consumer:
            self._consumer.stop_reading()

    def release(self) -> None:
        """Finish nothing more: give back at once what is in hand."""
        self.stop()
        if self._consumer:
            self._consumer.release()

    async def run(self) -> None:
        """Work until stopped and drained, or released. Raises NameTaken."""
        try:
            await prepare(self._stage, self._stopping, random.random)
            while not self._stopping.is_set():
                await self._work()
        finally:
            await self._reader.aclose()

    async def _work(self) -> None:
        """Work until stopped, or until another process has taken this one's place."""
        stream = StageStream(self._redis, self._reader, self._stage, self._partition, self._settings)
        # Jitter needs no secrecy, only spread.
        consumer = self._consumer = Consumer(
            self._stage, stream, partitions=self._settings.partitions, clock=time.time, random=random.random
        )
        try:
            await together(
                consumer.run(),
                LeaseKeeper(consumer, stream).run(),
                Reclaimer(consumer, stream, clock=time.time).run(),
            )
        except Fenced as fenced:
            SETTLES_FENCED.labels(self._stage.name).inc()
            self._stand_back(fenced)

    def _stand_back(self, fenced: Fenced) -> None:
        name = self._settings.consumer_name
        if fenced.holder.rpartition("/")[0] == name:
            raise NameTaken(self._stage.name, name) from fenced
        self._log.warning("another process has taken over; standing by", holder=fenced.holder)


def agents_of(stage: Stage[Any], redis: Redis, settings: RuntimeSettings) -> list[StageAgent]:
    """One agent for each partition of the stage's stream."""
    partitions = 1 if stage.door else settings.partitions
    return [StageAgent(stage, partition, redis, settings) for partition in range(partitions)]
