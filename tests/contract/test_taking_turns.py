"""Who may work: names, the exclusive stage, release at shutdown, the watermark, and backpressure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pipeline.engines.redis.agent import NameTaken, StageAgent
from pipeline.engines.redis.head_start import ENOUGH
from pipeline.engines.redis.streams import Fenced
from pipeline.engines.redis.watermark import Watermark
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Append, Settled
from pipeline.stage import Drop, Emit, Outcome, Retry, Stage
from pipeline.worker import Worker
from tests.contract.public_door import comments, door
from tests.contract.rig import KEYS, Item, Rig, done, entry, rig_on, stage
from tests.contract.scene import limits

FORWARD = (Append("second", 0, ("a", "b")),)


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


class Handlers:
    """Handlers that wait to be let go; `seen` are the numbers of the items they were given, by consumer."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.go = asyncio.Event()

    def of(self, consumer: str) -> Any:
        async def handler(item: Item) -> Outcome:
            self.seen.append((consumer, item.number))
            await self.go.wait()
            return Emit(item)

        return handler

    async def have_seen(self, count: int) -> bool:
        return len(self.seen) >= count


def exclusive(name: str, handler: Any, **limits: Any) -> Stage[Item]:
    return replace(stage(name, handler, emits="second", **limits), exclusive=True)


def holder_of(rig: Rig, key: str) -> Any:
    async def holder() -> bool:
        return await rig.redis.get(key) is not None

    return holder


async def test_a_second_process_of_the_same_name_takes_over_and_the_first_ends_with_a_clear_error(
    rig: Rig,
) -> None:
    handlers = Handlers()
    await rig.append("first", *entry(1))
    rig.start(stage("first", handlers.of("old"), emits="second", timeout_seconds=60), lease_seconds=0.3)
    await rig.until(lambda: handlers.have_seen(1))
    [(_, old)] = rig.agents
    rig.agents.clear()
    rig.start(stage("first", handlers.of("new"), emits="second", timeout_seconds=60), lease_seconds=0.3)
    with pytest.raises(NameTaken, match="Give each process of a stage its own CONSUMER_NAME"):
        await asyncio.wait_for(old, 10)
    handlers.go.set()
    await rig.until_length("second", 1)
    await rig.drain()
    assert (await rig.length("first"), await rig.length("second")) == (0, 1)


async def test_a_zombie_of_the_same_name_writes_nothing(rig: Rig) -> None:
    spec = stage("first", done)
    old, new = rig.stream(spec, "one"), rig.stream(spec, "one")
    await old.open()
    await rig.append("first", *entry(1))
    [delivery] = await old.read(1, 10)
    await new.open()
    for call in (
        old.settle([Settled(delivery.entry_id, FORWARD)]),
        old.renew([delivery.entry_id]),
        old.due(0, 1),
        old.own_pending("", 1, []),
        old.orphans(1),
    ):
        with pytest.raises(Fenced, match="one/"):
            await call
    await old.close()  # gives back nothing that is not its own
    assert (await new.settle([Settled(delivery.entry_id, FORWARD)])).lost == []
    assert await rig.length("second") == 1


async def test_one_process_at_a_time_works_on_an_exclusive_stage_and_the_next_takes_over_at_once(
    rig: Rig,
) -> None:
    handlers = Handlers()
    handlers.go.set()
    fence = KEYS.fence("first", 0)
    rig.start(exclusive("first", handlers.of("one")), consumer="one")
    await rig.until(holder_of(rig, fence))
    rig.start(exclusive("first", handlers.of("two")), consumer="two")
    for number in range(20):
        await rig.append("first", *entry(number))
    await rig.until_length("second", 20)
    assert {consumer for consumer, _ in handlers.seen} == {"one"}
    (first, task), second = rig.agents
    first.stop()
    await asyncio.wait_for(task, 10)
    rig.agents = [second]
    await rig.append("first", *entry(20))
    await rig.until_length("second", 21)  # the lease is a minute: it was given back
    assert handlers.seen[-1] == ("two", 20)


async def test_whose_place_was_taken_works_again_when_it_is_its_turn(rig: Rig) -> None:
    handlers = Handlers()
    handlers.go.set()
    await rig.append("first", *entry(1))
    rig.start(exclusive("first", handlers.of("one")), consumer="one", lease_seconds=0.5)
    await rig.until_length("second", 1)
    for number in (2, 3):  # whatever it keeps of Redis' connections, it has them again
        await rig.redis.set(KEYS.fence("first", 0), "two/token", px=700)
        await rig.append("first", *entry(number))
        await rig.until_length("second", number)


async def test_an_exclusive_stage_of_a_dead_process_passes_on_after_the_lease(rig: Rig) -> None:
    handlers = Handlers()
    await rig.append("first", *entry(1))
    rig.start(exclusive("first", handlers.of("one"), timeout_seconds=60), consumer="one", lease_seconds=0.5)
    await rig.until(lambda: handlers.have_seen(1))
    await rig.kill()
    handlers.go.set()
    rig.start(exclusive("first", handlers.of("two")), consumer="two", lease_seconds=0.5)
    await rig.until_length("second", 1)
    assert handlers.seen == [("one", 1), ("two", 1)]


async def test_an_exclusive_process_that_slept_past_its_lease_stands_by_and_writes_nothing(rig: Rig) -> None:
    spec = exclusive("first", done)
    slept, next_one = rig.stream(spec, "one"), rig.stream(spec, "two")
    await slept.open()
    await rig.append("first", *entry(1))
    [delivery] = await slept.read(1, 10)
    assert (await next_one.open()).holder.startswith("one/")
    await rig.redis.delete(KEYS.fence("first", 0))  # its time ran out
    assert (await next_one.open()).holder == ""
    with pytest.raises(Fenced, match="two/"):
        await slept.settle([Settled(delivery.entry_id, FORWARD)])
    assert (await slept.open()).holder.startswith("two/")
    assert await rig.length("second") == 0


async def test_what_is_not_drained_in_time_is_released_at_once_and_counts_no_attempt(rig: Rig) -> None:
    handlers = Handlers()
    for number in range(3):
        await rig.append("first", *entry(number))
    spec = stage("first", handlers.of("old"), emits="second", timeout_seconds=60)
    settings = RuntimeSettings(redis_url=rig.url, consumer_name="old")
    worker = Worker([StageAgent(spec, 0, rig.redis, settings)], drain_seconds=0.05)
    running = asyncio.create_task(worker.run())
    await rig.until(lambda: handlers.have_seen(3))
    worker.stop()
    await asyncio.wait_for(running, 10)
    handlers.go.set()
    rig.start(replace(spec, one=handlers.of("new")), consumer="new")  # its lease would be a minute
    await rig.until_length("second", 3)
    await rig.drain()
    assert [consumer for consumer, _ in handlers.seen] == ["old"] * 3 + ["new"] * 3
    assert not await rig.redis.exists(KEYS.attempts("first", 0))


async def test_waiting_for_ones_turn_counts_no_attempt(rig: Rig) -> None:
    turns = iter(range(100))

    async def handler(item: Item) -> Outcome:
        return Emit(item) if next(turns) == 20 else Retry("not yet", after=0.001, counts=False)

    await rig.append("first", *entry(1))
    rig.start(stage("first", handler, emits="second", max_attempts=3))
    await rig.until_length("second", 1)
    assert await rig.dead() == []


async def test_the_watermark_counts_earlier_comments_until_they_end_or_the_exclusive_stage_has_settled_them(
    rig: Rig,
) -> None:
    watermark = Watermark(rig.redis, KEYS, 1, "door")
    await comments(rig, "1000-0", "2000-0", "3000-0", "4000-0")
    spec = door()
    stream = rig.stream(spec, "one")
    await stream.open()
    deliveries = await stream.read(4, 10)
    assert await watermark.earlier("streamer", "3000-0") == 2, "nobody knows yet what they are"
    await rig.drain()

    async def pick(item: Item) -> Outcome:
        return Drop("no buy") if item.number == 0 else Emit(item)

    await stream.settle([Settled(deliveries[3].entry_id, ())])
    assert await watermark.earlier("streamer", "3000-0") == 2
    rig.start(spec)  # takes up the other three
    await rig.until_length("first", 3)
    assert await watermark.earlier("streamer", "3000-0") == 2
    assert await watermark.earlier("streamer", "1000-0") == 0
    rig.start(replace(stage("first", pick), emits="sold"))
    await rig.until_length("sold", 2)
    assert await watermark.earlier("streamer", "3000-0") == 1, "the first has ended"
    rig.start(exclusive("sold", done))
    await rig.until_length("second", 2)
    assert await watermark.earlier("streamer", "3000-0") == 0
    assert await rig.redis.zcard(KEYS.unfinished(0)) == 0


async def test_a_place_is_kept_for_ten_minutes(rig: Rig) -> None:
    await rig.redis.zadd(KEYS.unfinished(0), {"0000001000000-0000000": 0, "0000001300000-0000000": 0})
    watermark = Watermark(rig.redis, KEYS, 1, "door")
    await rig.redis.xgroup_create(KEYS.comments, "door", mkstream=True)
    assert await watermark.forget(0, 1500.0) == 0
    assert await watermark.forget(0, 1601.0) == 1
    assert await watermark.earlier("", "1300001-0") == 1


async def test_a_cancel_that_takes_a_shorter_way_does_not_overtake_its_claim(rig: Rig) -> None:
    watermark = Watermark(rig.redis, KEYS, 1, "door")
    settled: list[int] = []
    claim_seen = asyncio.Event()

    async def judge(item: Item) -> Outcome:  # item 1 takes back what item 0 claims, and skips `look`
        return Emit(item, to="sold" if item.number == 1 else "look")

    async def look(item: Item) -> Outcome:
        await claim_seen.wait()
        return Emit(item)

    async def sell(item: Item) -> Outcome:
        seq = f"{(item.number + 1) * 1000}-0"
        if item.number == 1 and await watermark.earlier("streamer", seq):
            claim_seen.set()
            return Retry("waits for its turn", after=0.01, counts=False)
        settled.append(item.number)
        return Emit(item)

    await comments(rig, "1000-0", "2000-0")
    rig.start(door(), stage("first", judge, emits="look"), stage("look", look, emits="sold"))
    rig.start(exclusive("sold", sell))
    await rig.until_length("second", 2)
    assert settled == [0, 1]


async def test_a_stage_reads_no_more_while_the_next_ones_stream_is_over_its_mark(rig: Rig) -> None:
    settings = RuntimeSettings(redis_url=rig.url, consumer_name="one", high_water=10)
    agent = StageAgent(stage("first", done, emits="second", concurrency=4), 0, rig.redis, settings)
    for number in range(40):
        await rig.append("first", *entry(number))
    rig.agents.append((agent, asyncio.create_task(agent.run())))

    async def at_rest() -> bool:
        return (
            await rig.length("second") >= 10 and await rig.length("first") + await rig.length("second") == 40
        )

    await rig.until(at_rest)
    calls = await looks(rig)

    async def looked_again() -> bool:
        return await looks(rig) >= calls + 2

    await rig.until(looked_again)
    assert (
        10 <= await rig.length("second") <= 10 + 4 + 4
    )  # what was in hand when the mark was passed still goes on
    for _ in range(4):
        await rig.redis.xtrim(KEYS.stream("second", 0), 0)
        await rig.until(at_rest_or_empty(rig))
    assert await rig.length("first") == 0


async def test_a_stage_waits_for_the_next_one_of_its_process(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that has no processor for a while is not one that has nothing to tell.
    monkeypatch.setattr("pipeline.engines.redis.head_start._DOUBT_SECONDS", 30.0)
    lengths: list[int] = []

    async def slow(items: Sequence[Item]) -> list[Outcome]:
        while not lengths and await rig.length("second") < ENOUGH:
            pass  # the first batch comes before there is enough
        lengths.append(await rig.length("second"))
        return [Emit(item) for item in items]

    async def quick(items: Sequence[Item]) -> list[Outcome]:
        return [Emit(item) for item in items]

    await filled(rig, count := 3 * ENOUGH)
    rig.start(
        Stage(name="first", consumes=Item, emits="second", limits=limits(batch_size=128), batch=quick),
        Stage(
            name="second",
            consumes=Item,
            emits="third",
            limits=limits(batch_size=16, timeout_seconds=30.0),
            batch=slow,
        ),
    )
    await rig.until_length("third", count)
    # What either has in hand comes on top: two batches each.
    assert ENOUGH <= max(lengths) <= ENOUGH + 2 * 128 + 2 * 16


async def test_a_stage_goes_on_where_the_next_one_is_another_processs(rig: Rig) -> None:
    await filled(rig, count := ENOUGH + 300)
    rig.start(stage("first", done, emits="second", concurrency=128))
    await rig.until_length("second", count)


async def filled(rig: Rig, count: int) -> None:
    """So many entries wait for the first stage."""
    appends = rig.redis.pipeline(transaction=False)
    for number in range(count):
        appends.execute_command("XADD", KEYS.stream("first", 0), "*", *entry(number))
    await appends.execute()


async def looks(rig: Rig) -> int:
    """How often anybody asked for a stream's length."""
    stats = await rig.redis.info("commandstats")
    return int(stats["cmdstat_xlen"]["calls"])


def at_rest_or_empty(rig: Rig) -> Any:
    async def reached() -> bool:
        return await rig.length("second") >= 10 or await rig.length("first") == 0

    return reached
