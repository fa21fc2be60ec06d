"""Whether what carries the streams is fit, and whether somebody works on each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from redis.asyncio import Redis

from pipeline.doctor import examine_redis
from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.connection import REDIS_AWAY, connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.stage_gauge import StageGauges
from pipeline.finding import Finding
from pipeline.stage import PUBLIC_STREAM
from stages.console.stage_watch import StageHealth, StageWatch
from stages.settings import ShopSettings
from stages.wiring import READS

_MOST_PARTITIONS = 1024  # see the setting


async def stream_findings(settings: ShopSettings, clock: Callable[[], float]) -> list[Finding]:
    """Of Redis, where the streams are or the small memories beside Kafka, and of Kafka."""
    if not settings.redis_url:
        redis = [Finding("error", "Redis", "REDIS_URL is not set: say where Redis or Valkey listens.")]
    else:
        redis = await examine_redis(settings.redis_url, clock)
        if settings.engine == "redis" and not any(each.level == "error" for each in redis):
            redis += await _of_the_streams(settings)
    return redis + (await _kafka(settings) if settings.engine == "kafka" else [])


async def _of_the_streams(settings: ShopSettings) -> list[Finding]:
    redis, keys = connect(settings.redis_url), Keys(settings.key_prefix)
    try:
        return [
            await _partitions(redis, keys, settings.partitions),
            await _processes(redis, keys, settings.partitions),
        ]
    except REDIS_AWAY as error:
        return [Finding("error", "Redis", f"It broke off: {error} See whether it is up.")]
    finally:
        await redis.aclose()


async def _partitions(redis: Redis, keys: Keys, partitions: int) -> Finding:
    """Whoever makes PARTITIONS smaller while entries are left leaves those behind."""
    subject = "Partitions"
    beyond = range(partitions, _MOST_PARTITIONS)
    there = redis.pipeline(transaction=False)
    for partition in beyond:
        there.exists(*_streams(keys, partition))  # they share a slot
    found = await there.execute()
    left = {
        partition: await _length(redis, _streams(keys, partition))
        for partition, streams in zip(beyond, found, strict=True)
        if streams
    }
    if entries := sum(left.values()):
        needed = max(partition for partition, count in left.items() if count) + 1
        return Finding(
            "error",
            subject,
            f"PARTITIONS is {partitions}, and {entries:,} entries wait in partitions beyond, which nobody reads: set "
            f"PARTITIONS to {needed} until they are done, and make it smaller afterwards.",
        )
    if isinstance(redis, ClusterRedis) and partitions < (nodes := len((await redis.slots()).primaries)):
        return Finding(
            "warning",
            subject,
            f"PARTITIONS is {partitions} on a cluster of {nodes} primaries, of which some have nothing to do: set it "
            f"to {nodes} or more.",
        )
    return Finding("ok", subject, f"PARTITIONS is {partitions}, and no entry lies beyond.")


def _streams(keys: Keys, partition: int) -> list[str]:
    """All the stages' streams of a partition."""
    return [keys.stream(stream, partition) for stream in READS.values() if stream != PUBLIC_STREAM]


async def _length(redis: Redis, streams: Iterable[str]) -> int:
    return sum([await redis.xlen(stream) for stream in streams])


async def _processes(redis: Redis, keys: Keys, partitions: int) -> Finding:
    """A stage without a process is an error once another stage has one, or something waits for it."""
    subject = "Processes"
    watch = StageWatch(StageGauges(redis, keys).read, READS, partitions, time.monotonic)
    health = await watch.look()
    silent = [each for each in health if each.is_silent]
    waiting = {each.stage: await _waiting(redis, keys, each, partitions) for each in silent}
    if silent and (len(silent) < len(health) or any(waiting.values())):
        worst = max(silent, key=lambda each: waiting[each.stage])
        names = " ".join(each.stage for each in silent)
        return Finding(
            "error",
            subject,
            f"Nobody works at {names.replace(' ', ', ')}, and {waiting[worst.stage]:,} entries wait at {worst.stage}: "
            f"start `tiktoksales run {names}`.",
        )
    if silent:
        return Finding(
            "ok", subject, "No stage runs at the moment, and nothing waits: `tiktoksales run` starts all."
        )
    return Finding("ok", subject, "Somebody works at each stage.")


async def _waiting(redis: Redis, keys: Keys, health: StageHealth, partitions: int) -> int:
    """Unfinished entries of a stage; where it was never there, all that stand in its stream."""
    if health.unfinished is not None:
        return health.unfinished
    stream = READS[health.stage]
    names = {keys.stream(stream, partition) for partition in range(partitions)}
    return await _length(redis, names)


async def _kafka(settings: ShopSettings) -> list[Finding]:
    if not settings.kafka_url:
        return [Finding("error", "Kafka", "KAFKA_URL is not set: say where Kafka listens.")]
    # Whoever runs on Redis alone does not wait for Kafka's client to be loaded.
    from pipeline.engines.kafka.checks import examine_kafka

    return await examine_kafka(settings.kafka_url)
