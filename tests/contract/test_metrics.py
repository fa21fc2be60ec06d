"""What Prometheus is told about the stages, on a real server."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from redis.exceptions import RedisError

from pipeline.backlog_watch import BacklogWatch, Load, Place
from pipeline.engines.redis.load import StreamLoad
from pipeline.engines.redis.memory_watch import MemoryWatch
from pipeline.meter import OTHER, StageMeter
from pipeline.metrics import SECONDS
from pipeline.settlement import Counted, Settled
from pipeline.stage import Drop, Emit, Outcome, Reject, Retry
from tests.contract.rig import KEYS, Item, Rig, entry, rig_on, stage

METERED, LOADED = "metered", "loaded"  # the counters of a process outlive a test: each stage is one test's


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


def told(name: str, registry: CollectorRegistry = REGISTRY, **labels: str) -> float | None:
    stage = METERED if registry is REGISTRY else LOADED
    return registry.get_sample_value(f"tiktoksales_{name}", {"stage": stage, "partition": "0", **labels})


async def handle(item: Item) -> Outcome:
    outcomes: list[Outcome] = [
        Emit(item),
        Drop("not wanted"),
        Reject("can't be", error="NoGood"),
        Retry("away", after=1000, error="ProviderAway", counts=False),
    ]
    if item.number >= len(outcomes):
        raise ValueError(item.number)
    return outcomes[item.number]


async def test_each_outcome_is_counted_once_it_is_written(rig: Rig) -> None:
    rig.start(stage(METERED, handle, emits="onward", max_attempts=2, backoff_seconds=0.01))
    for number in range(5):
        await rig.append(METERED, *entry(number))

    async def all_told() -> bool:
        return told("dead_letters_total", error="ValueError") == 1.0 and told("in_flight") == 0.0

    await rig.until(all_told)
    assert told("emitted_total", to="onward") == 1
    assert told("dropped_total", reason="not wanted") == 1
    assert told("dead_letters_total", error="NoGood") == 1
    assert told("put_off_total", error="ProviderAway") == 1
    assert told("retries_total", error="ValueError") == 1
    assert told("received_total") == 6  # one was received again
    assert told("queue_seconds_count") == 5  # what comes back has not waited in the queue
    assert told("handler_seconds_count") == 6
    assert told("stage_seconds_count") == 6
    assert told("since_comment_seconds_count") == 4
    assert 0 < (told("queue_seconds_sum") or 0.0) < 20


def test_the_promised_times_are_bounds_of_the_histograms() -> None:
    assert {0.05, 0.1, 0.5, 2.0, 5.0} <= set(SECONDS)


def test_labels_are_bounded_whatever_the_reasons_are() -> None:
    meter = StageMeter("talkative", 0, time.time)
    for number in range(100):
        meter.written([Settled("1-0", (), counted=Counted("dropped", f"reason {number}", "1-0", 0))])
    samples = [
        sample
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "tiktoksales_dropped_total" and sample.labels["stage"] == "talkative"
    ]
    assert len(samples) == 41
    assert [sample.value for sample in samples if sample.labels["reason"] == OTHER] == [60]


def watched(rig: Rig) -> tuple[BacklogWatch, CollectorRegistry]:
    """A watch over the one stage, and where it tells what it saw."""
    registry = CollectorRegistry()
    watch = BacklogWatch(
        StreamLoad(rig.redis, KEYS),
        [Place(LOADED, LOADED, 0)],
        away=(RedisError, OSError),
        registry=registry,
    )
    registry.register(watch)
    return watch, registry


async def test_the_backlog_counts_what_a_free_worker_could_take(rig: Rig) -> None:
    watch, registry = watched(rig)
    rig.start(stage(LOADED, handle, max_attempts=2))
    for _ in range(3):
        await rig.append(LOADED, *entry(3))  # the provider is away

    async def all_wait() -> bool:
        return await rig.waiting(LOADED) == 3

    await rig.until(all_wait)
    await rig.drain()
    await rig.append(LOADED, *entry(0))
    await watch.round()
    assert told("retries_waiting", registry) == 3
    assert told("retries_due", registry) == 0
    assert told("backlog", registry) == 1, "a provider that is away is no work for more workers"
    assert told("stream_length", registry) == 4
    assert 0 < (told("oldest_unfinished_age_seconds", registry) or 0.0) < 20


async def test_an_unknown_lag_is_absent_and_said_to_be_unknown(rig: Rig) -> None:
    watch, registry = watched(rig)
    ids = [await rig.append(LOADED, *entry(0)) for _ in range(3)]
    await rig.redis.xgroup_create(LOADED + ":{0}", LOADED, "0")
    await watch.round()
    assert (told("stream_lag", registry), told("stream_lag_known", registry)) == (3, 1)
    await rig.redis.xdel(LOADED + ":{0}", ids[1])  # by hand: now the server can't know
    await watch.round()
    assert (told("stream_lag", registry), told("stream_lag_known", registry)) == (None, 0)
    assert told("stream_unread", registry) == 2


async def test_while_redis_is_away_nothing_is_told() -> None:
    loads = [Load(length=1, unread=1, lag=1, retries=0, due=0, oldest_seconds=1.0)]

    async def weigh(stream: str, stage: str, partition: int) -> Load:
        if not loads:
            raise ConnectionError("away")
        return loads.pop()

    registry = CollectorRegistry()
    watch = BacklogWatch(weigh, [Place(LOADED, LOADED, 0)], away=(OSError,), registry=registry)
    registry.register(watch)
    await watch.once()
    assert told("backlog", registry) == 1
    await watch.once()
    assert told("backlog", registry) is None


@pytest.mark.parametrize("most", [0, 512 * 1024 * 1024])
async def test_the_memory_of_redis_is_told_with_its_limit(rig: Rig, most: int) -> None:
    registry = CollectorRegistry()
    watch = MemoryWatch(rig.redis, registry=registry)
    registry.register(watch)
    await rig.redis.config_set("maxmemory", most)
    try:
        await watch.round()
    finally:
        await rig.redis.config_set("maxmemory", 0)
    used = registry.get_sample_value("tiktoksales_redis_memory_used_bytes")
    assert used is not None
    assert used > 100_000
    assert registry.get_sample_value("tiktoksales_redis_memory_most_bytes") == (most or None)
