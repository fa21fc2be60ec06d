"""What carries the shop's streams: Redis, or Kafka. Whoever needs a stream asks this, and knows of neither.

What is small and may be forgotten (limits of speed, words just said, posts just answered) lies in Redis on both.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from redis.asyncio import Redis

from pipeline.backlog_watch import Weigh
from pipeline.dead_letter_watch import CountPage
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.dead_letter_count import DeadLetterCount
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.load import StreamLoad
from pipeline.engines.redis.stage_gauge import Gauge, StageGauges
from pipeline.engines.redis.watermark import Watermark as RedisWatermark
from pipeline.ports import AgentsOf, PublicDoor, Watermark
from pipeline.relay import AppendOnce
from pipeline.settings import Engine
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM
from stages.settings import ShopSettings

if TYPE_CHECKING:
    from pipeline.engines.kafka.engine import KafkaEngine

DOOR = "ingest"
"""The stage at the public stream."""
READS: Mapping[str, str] = {
    DOOR: PUBLIC_STREAM,
    **{stage: stage for stage in ("intent", "vision", "order", "payment", "notify")},
    "projector": EVENTS,
}
"""The stages in their order, with the streams that they read."""

Unread = Callable[[int], Awaitable[int]]


class ReadGauge(Protocol):
    """Reads how a stage stands; see StageGauges.read."""

    async def __call__(self, stage: str, stream: str, partition: int) -> Gauge | None:
        """None where no process of the stage has ever been there."""


class Appender(PublicDoor, AppendOnce, Protocol):
    """Writes into streams from outside."""


@dataclass(frozen=True, slots=True)
class Backbone:
    """The streams of one engine. `away`: what its stores raise while they are away. `unread`: how many comments the
    door's stage was not given yet, counted up to one more than asked for. `door_partitions`: of the public stream."""

    engine: Engine
    appender: Appender
    watermark: Watermark
    agents_of: AgentsOf
    weigh: Weigh
    count_letters: CountPage
    unread: Unread
    gauge: ReadGauge
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
        unread=_Unread(kafka.load, settings.partitions),
        gauge=_KafkaGauge(kafka.load),
        away=(*REDIS_AWAY, *KAFKA_AWAY),
        door_partitions=settings.partitions,
    )


@dataclass(frozen=True, slots=True)
class _Unread:
    weigh: Weigh
    partitions: int

    async def __call__(self, _: int) -> int:
        """All of them: the offsets say it at once."""
        loads = [await self.weigh(PUBLIC_STREAM, DOOR, each) for each in range(self.partitions)]
        return sum(load.unread for load in loads)


@dataclass(frozen=True, slots=True)
class _KafkaGauge:
    weigh: Weigh

    async def __call__(self, stage: str, stream: str, partition: int) -> Gauge:
        """Kafka itself gives the partitions of a process that is silent to another one, and does not say since when:
        what stands still is told by its age. How many were finished is not known either."""
        load = await self.weigh(stream, stage, partition)
        return Gauge(load.unread + load.retries, load.retries, None, 0.0, load.oldest_seconds)
