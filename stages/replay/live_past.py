"""What a replay needs of the live run: what came in, and its dead letters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio import Redis

from pipeline.engines.redis.dead_letters import DeadLetters
from pipeline.engines.redis.keys import Keys
from pipeline.ports import DeadLetters as AnyDeadLetters
from pipeline.ports import Lying
from pipeline.replay import History
from pipeline.settlement import DEAD, Append
from stages.archive.opened import history_of
from stages.settings import ShopSettings


class Appends(Protocol):
    """Appends entries to the live run's streams."""

    async def append(self, append: Append) -> str:
        """Append an entry; returns its id."""


@dataclass(frozen=True, slots=True)
class LivePast:
    """`history` and `letters` of the live run. `redis_letters` lie in Redis: where the live run is on Kafka, those that
    a replay left there, whose run is always in Redis. `elsewhere` then takes them."""

    history: History
    letters: AnyDeadLetters[Lying]
    redis_letters: DeadLetters
    elsewhere: Appends | None = None

    async def take_letters(self) -> None:
        """Have what the replay buried lie where the live run's dead letters are. Breaking off doubles none: a letter
        that is buried twice on Kafka lies there once."""
        if self.elsewhere is None:
            return
        async for listed in self.redis_letters.all():
            await self.elsewhere.append(Append(DEAD, listed.partition, listed.letter.fields()))
            await self.redis_letters.delete([listed])


@asynccontextmanager
async def open_past(settings: ShopSettings, redis: Redis, streamer: str | None) -> AsyncIterator[LivePast]:
    """Of the run that the settings name. Raises UnusableArchive and KafkaFailed."""
    keys = Keys(settings.key_prefix)
    letters = DeadLetters(redis, keys, settings.partitions)
    if settings.engine != "kafka":
        yield LivePast(history_of(settings, redis, keys, streamer), letters, letters)
        return
    from pipeline.engines.kafka.engine import open_kafka
    from pipeline.engines.kafka.history import KafkaHistory

    async with open_kafka(settings) as kafka:
        history = KafkaHistory(kafka.look, kafka.offsets, kafka.names)
        yield LivePast(history, kafka.dead_letters, letters, kafka.producer)


def run_settings(settings: ShopSettings, prefix: str, name: str) -> ShopSettings:
    """The settings of a replay's own run: in Redis, whatever the live run is on, since it begins and ends with it."""
    return settings.model_copy(update={"key_prefix": prefix, "consumer_name": name, "engine": "redis"})
