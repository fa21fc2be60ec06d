"""What Prometheus is told about dead letters, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from urllib.request import urlopen

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from redis.exceptions import RedisError

from pipeline import metrics
from pipeline.dead_letter import DeadLetter
from pipeline.dead_letter_watch import CountPage, DeadLetterWatch, Page
from pipeline.embedded.credentials import free_port
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.dead_letter_count import DeadLetterCount
from pipeline.metrics import MetricsNotServed, serving_metrics
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Fields
from tests.contract.letters import MARCH_MS, letter, tombstone
from tests.contract.rig import KEYS, Rig, rig_on

WAITING, OLDEST = "tiktoksales_dead_letters_waiting", "tiktoksales_dead_letters_oldest_age_seconds"
NOW = MARCH_MS / 1000 + 3600


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


class Counted:
    """Counts in Redis, and remembers from where."""

    def __init__(self, count: DeadLetterCount) -> None:
        self._count, self.asked = count, list[str]()

    async def __call__(self, partition: int, after: str) -> Page:
        self.asked.append(after)
        return await self._count(partition, after)


def watch_on(count: CountPage, partitions: int = 1) -> tuple[DeadLetterWatch, CollectorRegistry]:
    registry = CollectorRegistry()
    watch = DeadLetterWatch(
        count,
        partitions=partitions,
        stages=("first", "second"),
        errors=("OurError",),
        away=(RedisError, OSError),
        clock=lambda: NOW,
        registry=registry,
    )
    registry.register(watch)
    return watch, registry


async def lay(rig: Rig, *dead: DeadLetter | Fields, at_ms: int = MARCH_MS, partition: int = 0) -> list[str]:
    laid = []
    for number, each in enumerate(dead):
        fields = each.fields() if isinstance(each, DeadLetter) else each
        key = KEYS.stream("dead", partition)
        entry_id: bytes = await rig.redis.execute_command("XADD", key, f"{at_ms + number}-0", *fields)
        laid.append(entry_id.decode())
    return laid


def told(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    return {
        tuple(sample.labels.values()): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name == name
    }


async def test_letters_are_counted_by_stage_and_error_with_the_age_of_the_oldest(rig: Rig) -> None:
    await lay(rig, letter(), letter(error=""), letter(error="OurError"), tombstone("second"))
    watch, registry = watch_on(DeadLetterCount(rig.redis, KEYS, page=3))
    await watch.once()
    assert told(registry, WAITING) == {
        ("first", "ZeroDivisionError"): 1,
        ("first", "rejected"): 1,
        ("first", "OurError"): 1,
        ("first", "other"): 0,
        ("second", "TrimmedWhilePending"): 1,
        ("second", "other"): 0,
    }
    assert told(registry, OLDEST) == pytest.approx({("first",): 3600, ("second",): 3600 - 0.003})


async def test_labels_are_bounded(rig: Rig) -> None:
    await lay(rig, *(letter(stage=f"stage {n}", error=f"Error{n}") for n in range(30)), ("what", "ever"))
    watch, registry = watch_on(DeadLetterCount(rig.redis, KEYS))
    await watch.once()
    assert told(registry, WAITING) == {
        ("first", "other"): 0, ("second", "other"): 0, ("other", "other"): 30, ("other", "rejected"): 1,
    }  # fmt: skip


async def test_what_comes_is_added_without_counting_all_anew(rig: Rig) -> None:
    await lay(rig, *(letter() for _ in range(7)))
    count = Counted(DeadLetterCount(rig.redis, KEYS, page=5))
    watch, registry = watch_on(count)
    await watch.once()
    count.asked.clear()
    [newest] = await lay(rig, letter(error="OurError"), at_ms=MARCH_MS + 60_000)
    await watch.once()
    assert count.asked == [f"{MARCH_MS + 6}-0", newest]
    assert told(registry, WAITING)["first", "ZeroDivisionError"] == 7
    assert told(registry, WAITING)["first", "OurError"] == 1
    assert told(registry, OLDEST) == {("first",): 3600}


async def test_what_is_taken_away_is_no_longer_told(rig: Rig) -> None:
    laid = await lay(rig, letter(), letter(), letter(stage="second"))
    await lay(rig, letter(), partition=1)
    watch, registry = watch_on(DeadLetterCount(rig.redis, KEYS), partitions=2)
    await watch.once()
    assert told(registry, WAITING)["first", "ZeroDivisionError"] == 3
    await rig.redis.execute_command("XDEL", KEYS.stream("dead", 0), laid[0], laid[2])
    await rig.redis.delete(KEYS.stream("dead", 1))
    await watch.once()
    assert told(registry, WAITING)["first", "ZeroDivisionError"] == 1
    assert told(registry, WAITING)["second", "ZeroDivisionError"] == 0
    assert told(registry, OLDEST) == pytest.approx({("first",): 3600 - 0.001})


async def test_without_letters_the_counts_are_0_and_there_is_no_oldest(rig: Rig) -> None:
    watch, registry = watch_on(DeadLetterCount(rig.redis, KEYS))
    await watch.once()
    assert told(registry, WAITING) == {("first", "other"): 0, ("second", "other"): 0}
    assert told(registry, OLDEST) == {}


async def test_what_is_not_known_is_not_told(rig: Rig) -> None:
    """Before the first count, and while Redis is away; once it is back, the counts are."""
    await lay(rig, letter())
    nowhere = connect(f"redis://127.0.0.1:{free_port()}")
    found = DeadLetterCount(rig.redis, KEYS)
    away = DeadLetterCount(nowhere, KEYS)
    asked = [found]

    async def changing(partition: int, after: str) -> Page:
        return await asked[-1](partition, after)

    watch, registry = watch_on(changing)
    assert told(registry, WAITING) == told(registry, OLDEST) == {}
    await watch.once()
    assert told(registry, WAITING)["first", "ZeroDivisionError"] == 1
    asked.append(away)
    await watch.once()
    assert told(registry, WAITING) == told(registry, OLDEST) == {}
    asked.append(found)
    await watch.once()
    assert told(registry, WAITING)["first", "ZeroDivisionError"] == 1
    await nowhere.aclose()


async def test_the_agent_tells_while_it_runs_and_stops_when_asked(rig: Rig) -> None:
    await lay(rig, letter())
    registry = CollectorRegistry()
    watch = DeadLetterWatch(
        DeadLetterCount(rig.redis, KEYS), partitions=1, stages=("first",), errors=(), away=(RedisError,),
        clock=lambda: NOW, registry=registry, interval_seconds=3600,
    )  # fmt: skip
    running = asyncio.create_task(watch.run())

    async def is_told() -> bool:
        return bool(told(registry, OLDEST))

    await rig.until(is_told)
    watch.stop()
    await running
    assert list(registry.collect()) == []


def served(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text: str = answer.read().decode()
    return text


def test_metrics_are_served_where_the_settings_say_until_the_end() -> None:
    registry, port = CollectorRegistry(), free_port()
    Counter("eggs", "Eggs", registry=registry).inc(3)
    with serving_metrics(RuntimeSettings(metrics_port=port), registry):
        assert "eggs_total 3.0" in served(port)
    with pytest.raises(OSError, match="refused"):
        served(port)
    with serving_metrics(RuntimeSettings(), registry):  # 0: none
        pass


def test_a_taken_port_is_said_in_words() -> None:
    settings = RuntimeSettings(metrics_port=free_port())
    with (
        serving_metrics(settings, CollectorRegistry()),
        pytest.raises(MetricsNotServed, match="a METRICS_PORT of its own"),
        serving_metrics(settings, CollectorRegistry()),
    ):
        pass


def test_the_runtimes_counters_have_a_stage_and_the_shops_prefix() -> None:
    counters: Iterable[Counter] = (
        metrics.ENTRIES_LOST, metrics.SETTLES_FENCED, metrics.GROUPS_RECREATED,
    )  # fmt: skip
    for counter in counters:
        counter.labels("some stage").inc()
    text = generate_latest().decode()
    for name in ("entries_lost", "settles_fenced", "groups_recreated"):
        assert f'tiktoksales_{name}_total{{stage="some stage"}}' in text
