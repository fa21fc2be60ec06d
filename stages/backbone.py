"""What carries the shop's streams: Redis, or Kafka. Whoever needs a stream asks this, and knows of neither.

What is small and may be forgotten (limits of speed, words just said, posts just answered) lies in Redis on both.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from redis.asyncio import Redis

from pipeline.backlog_watch import Weigh
from pipeline.dead_letter_watch import CountPage
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.dead_letter_count import DeadLetterCount
from pipeline.engines.redis.dead_letters import DeadLetters as RedisLetters
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.load import StreamLoad
from pipeline.engines.redis.newest_dead_letters import NewestDeadLetters
from pipeline.engines.redis.redriver import Redriver as RedisRedriver
from pipeline.engines.redis.stage_gauge import Gauge, StageGauges
from pipeline.engines.redis.watermark import Watermark as RedisWatermark
from pipeline.ports import AgentsOf, DeadLetters, Lying, PublicDoor, Redriver, Watermark
from pipeline.relay import AppendOnce
from pipeline.settings import Engine
from pipeline.stage import PUBLIC_STREAM
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from pipeline.engines.kafka.engine import KafkaEngine

DOOR = "ingest"
"""The stage at the public stream."""

_MOST_LETTERS = 200
_LETTERS_SECONDS = 5.0

Unread = Callable[[int], Awaitable[int]]


class KafkaUnavailable(OSError):
    """Kafka did not answer; what was asked of it may have been done, or not."""


class ReadGauge(Protocol):
    """Reads how a stage stands; see StageGauges.read."""

    async def __call__(self, stage: str, stream: str, partition: int) -> Gauge | None:
        """None where no process of the stage has ever been there."""


class NewestLetters(Protocol):
    """The newest dead letters, for whoever looks again and again."""

    async def look(self) -> Sequence[Lying]:
        """The newest first."""


class Appender(PublicDoor, AppendOnce, Protocol):
    """Writes into streams from outside."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """The streams of one engine. `away`: what its stores raise while they are away. `unread`: how many comments the
    door's stage was not given yet, counted up to one more than asked for (in Kafka with those in hand).
    `door_partitions`: of the public stream."""

    engine: Engine
    appender: Appender
    watermark: Watermark
    agents_of: AgentsOf
    weigh: Weigh
    count_letters: CountPage
    unread: Unread
    gauge: ReadGauge
    letters: DeadLetters[Any]
    newest_letters: NewestLetters
    redriver: Redriver[Any]
    away: tuple[type[Exception], ...]
    door_partitions: int


def on_redis(redis: Redis, keys: Keys, settings: ShopSettings) -> Backbone:
    """The streams in Redis; the public one has no partitions."""
    return Backbone(
        engine="redis",
        appender=RedisAppender(redis, keys),
        watermark=RedisWatermark(redis, keys, settings.partitions, DOOR),
        agents_of=partial(agents_of, redis=redis, settings=settings),
        weigh=StreamLoad(redis, keys),
        count_letters=DeadLetterCount(redis, keys),
        unread=Backlog(redis, keys.comments, DOOR).unread,
        gauge=StageGauges(redis, keys).read,
        letters=RedisLetters(redis, keys, settings.partitions),
        newest_letters=NewestDeadLetters(redis, keys, settings.partitions),
        redriver=RedisRedriver(redis, keys),
        away=REDIS_AWAY,
        door_partitions=1,
    )


def on_kafka(kafka: KafkaEngine, settings: ShopSettings) -> Backbone:
    """The streams in Kafka, and the small memories in Redis."""
    from pipeline.engines.kafka.connection import KAFKA_AWAY

    return Backbone(
        engine="kafka",
        appender=kafka.appender,
        watermark=kafka.watermark,
        agents_of=kafka.agents_of,
        weigh=kafka.load,
        count_letters=kafka.dead_letter_count,
        unread=lambda _: kafka.offsets.lag(DOOR, PUBLIC_STREAM),
        gauge=_KafkaGauge(kafka.load),
        letters=kafka.dead_letters,
        newest_letters=_NewestInKafka(kafka.dead_letters, time.monotonic),
        redriver=kafka.redriver,
        away=(*REDIS_AWAY, *KAFKA_AWAY),
        door_partitions=settings.partitions,
    )


@dataclass(frozen=True, slots=True)
class _KafkaGauge:
    weigh: Weigh

    async def __call__(self, stage: str, stream: str, partition: int) -> Gauge:
        """Kafka itself gives the partitions of a process that is silent to another one, and does not say since when:
        what stands still is told by its age. How many were finished is not known either."""
        with _kafka_may_be_away():
            load = await self.weigh(stream, stage, partition)
        return Gauge(load.unread + load.retries, load.retries, None, 0.0, load.oldest_seconds)


class _NewestInKafka:
    """The topic is read from its beginning each time, so not more often than every few seconds."""

    def __init__(self, letters: DeadLetters[Any], clock: Callable[[], float]) -> None:
        self._letters, self._clock = letters, clock
        self._found: list[Lying] = []
        self._read_again_at = clock()

    async def look(self) -> Sequence[Lying]:
        """The newest first, as they were a few seconds ago."""
        if self._clock() >= self._read_again_at:
            with _kafka_may_be_away():
                found: list[Lying] = [listed async for listed in self._letters.all()]
            newest = sorted(found, key=lambda listed: listed.letter.last_failed_ms, reverse=True)
            self._found = newest[:_MOST_LETTERS]
            self._read_again_at = self._clock() + _LETTERS_SECONDS
        return self._found


@contextmanager
def _kafka_may_be_away() -> Iterator[None]:
    """Says what passes by itself as KafkaUnavailable, which everybody knows who knows that stores go away."""
    from pipeline.engines.kafka.connection import KAFKA_AWAY

    try:
        yield
    except KAFKA_AWAY as error:
        raise KafkaUnavailable(str(error) or type(error).__name__) from error
