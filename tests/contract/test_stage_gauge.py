"""How the stages stand, on a real server: what it knows is told, what it does not know is told as unknown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.stage_gauge import StageGauges
from pipeline.testing.clock import VirtualClock
from stages.console.stage_watch import StageHealth, StageWatch

STREAMS = {"ingest": "comments_stream", "intent": "intent"}


@dataclass
class Line:
    """Two stages' streams, worked on by hand."""

    redis: Redis
    gauges: StageGauges

    async def begin(self) -> None:
        """Let a process of each stage come."""
        for stage, key in (("ingest", "comments_stream"), ("intent", "intent:{0}")):
            await self.redis.xgroup_create(key, stage, id="0", mkstream=True)
            await self.redis.xgroup_createconsumer(key, stage, "one")

    async def add(self, key: str, count: int) -> None:
        """Append entries."""
        for number in range(count):
            await self.redis.xadd(key, {"n": number})

    async def work(self, stage: str, key: str, count: int) -> None:
        """Finish entries, as a stage does: what is in the public stream stays there."""
        reply = await self.redis.execute_command(
            "XREADGROUP", "GROUP", stage, "one", "COUNT", count, "STREAMS", key, ">"
        )
        ids = [entry_id for entry_id, _ in reply[0][1]]
        await self.redis.xack(key, stage, *ids)
        if key != "comments_stream":
            await self.redis.xdel(key, *ids)


@pytest.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    redis = connect(redis_url)
    yield Line(redis, StageGauges(redis, Keys()))
    await redis.aclose()


def health(line: Line, clock: VirtualClock, partitions: int = 1) -> StageWatch:
    return StageWatch(line.gauges.read, STREAMS, partitions, clock)


async def test_a_stage_that_was_never_there_is_told_as_that(line: Line) -> None:
    await line.add("comments_stream", 2)  # posted before anything was started
    assert await line.gauges.read("ingest", "comments_stream", 0) is None
    assert await health(line, VirtualClock()).look() == (
        StageHealth("ingest", was_there=False),
        StageHealth("intent", was_there=False),
    )


async def test_a_group_without_a_process_is_not_served(line: Line) -> None:
    await line.redis.xgroup_create("intent:{0}", "intent", id="0", mkstream=True)
    assert (await health(line, VirtualClock()).look())[1] == StageHealth("intent", was_there=False)


@pytest.mark.parametrize(("stage", "key"), [("ingest", "comments_stream"), ("intent", "intent:{0}")])
async def test_what_is_unfinished_and_finished_is_counted(line: Line, stage: str, key: str) -> None:
    await line.begin()
    await line.add(key, 5)
    await line.work(stage, key, 2)
    await line.redis.execute_command("XREADGROUP", "GROUP", stage, "one", "COUNT", 1, "STREAMS", key, ">")
    await line.redis.zadd(Keys().retry(stage, None if stage == "ingest" else 0), {"1-0": 1})
    gauge = await line.gauges.read(stage, STREAMS[stage], 0)
    assert gauge is not None
    assert (gauge.unfinished, gauge.settled, gauge.retrying) == (3, 2, 1)
    assert gauge.heard_seconds is not None
    assert gauge.heard_seconds < 30
    assert gauge.oldest_seconds is not None
    assert gauge.oldest_seconds < 30


async def test_without_anything_unfinished_there_is_no_age(line: Line) -> None:
    await line.begin()
    await line.add("intent:{0}", 1)
    await line.work("intent", "intent:{0}", 1)
    gauge = await line.gauges.read("intent", "intent", 0)
    assert gauge is not None
    assert (gauge.unfinished, gauge.oldest_seconds) == (0, None)


async def test_a_count_that_the_server_lost_is_unknown_and_so_is_the_rate(line: Line) -> None:
    await line.begin()
    await line.add("comments_stream", 3)
    [[last, _]] = await line.redis.execute_command("XREVRANGE", "comments_stream", "+", "-", "COUNT", 1)
    await line.redis.xdel("comments_stream", last)  # by hand, and before it was read
    clock = VirtualClock()
    watch = health(line, clock)
    await watch.look()
    clock.advance(5)
    ingest, _ = await watch.look()
    assert (ingest.was_there, ingest.unfinished, ingest.rate) == (True, None, None)
    assert ingest.oldest_seconds is not None  # that it knows


async def test_the_rate_is_that_of_the_last_seconds(line: Line) -> None:
    await line.begin()
    clock = VirtualClock()
    watch = health(line, clock)
    assert [each.rate for each in await watch.look()] == [None, None]
    await line.add("intent:{0}", 30)
    await line.work("intent", "intent:{0}", 20)
    clock.advance(5)
    assert [each.rate for each in await watch.look()] == [0.0, 4.0]
    clock.advance(60)  # nobody looked
    assert [each.rate for each in await watch.look()] == [None, None]


async def test_whoever_asks_at_once_is_answered_from_one_reading(line: Line) -> None:
    await line.begin()
    clock = VirtualClock()
    watch = health(line, clock)
    before = await watch.look()
    await line.add("intent:{0}", 1)
    clock.advance(0.5)
    assert await watch.look() == before
    clock.advance(1)
    assert (await watch.look())[1].unfinished == 1


async def test_a_partition_without_a_process_shows_in_its_streams_and_in_the_whole(line: Line) -> None:
    await line.begin()
    watch = health(line, VirtualClock(), partitions=2)
    assert [each.was_there for each in await watch.look(0)] == [True, True]
    assert [each.was_there for each in await watch.look(1)] == [True, False]
    assert [each.was_there for each in await watch.look()] == [True, False]
