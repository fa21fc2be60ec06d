"""What only the engine on Kafka does: sharing partitions, handing them over, and holding back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiokafka import TopicPartition

from pipeline.engines.kafka.scan import scan
from pipeline.settlement import Append
from pipeline.stage import Emit, Outcome, Retry
from tests.contract.kafka_rig import KafkaRig, kafka_rig_on
from tests.contract.scene import Item, done, entry, stage
from tests.kafka_broker import KafkaBroker
from tests.leaks import lying_in

pytestmark = pytest.mark.usefixtures("short_reads")


@pytest.fixture
async def rig(kafka_broker: KafkaBroker) -> AsyncIterator[KafkaRig]:
    async with kafka_rig_on(kafka_broker, partitions=2, high_water=5) as rig:
        yield rig


async def append(rig: KafkaRig, numbers: range) -> None:
    """Even numbers to the one partition, odd ones to the other."""
    for number in numbers:
        await rig.engine.producer.append(Append("first", number % 2, entry(number)))


async def test_two_processes_share_the_partitions_and_each_entry_is_handled_in_order_and_once(
    rig: KafkaRig,
) -> None:
    handled: list[tuple[str, int]] = []

    def worker(name: str) -> None:
        async def handler(item: Item) -> Outcome:
            handled.append((name, item.number))
            return Emit(item)

        rig.start(stage("first", handler, concurrency=1))

    async def shared() -> bool:
        return all(len(agent.partitions) == 1 for agent, _ in rig.agents)

    worker("one")
    worker("other")
    await rig.until(shared)
    await append(rig, range(20))
    await rig.until_ended(20)
    by_worker = {name: [number for who, number in handled if who == name] for name in ("one", "other")}
    assert sorted(by_worker.values()) == [list(range(0, 20, 2)), list(range(1, 20, 2))]


async def test_a_worker_leaves_nothing_in_its_working_directory(
    rig: KafkaRig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rig.start(stage("first", done))
    await append(rig, range(2))
    await rig.until_ended(2)
    assert lying_in(tmp_path) == set()


async def test_what_a_killed_process_held_the_other_one_takes_up(rig: KafkaRig) -> None:
    async def stuck(item: Item) -> Outcome:
        await asyncio.Event().wait()
        return Emit(item)

    rig.start(stage("first", stuck, timeout_seconds=60))
    await append(rig, range(6))
    await rig.until_in_hand(6)
    await rig.kill()
    rig.start(stage("first", done))
    await rig.until_ended(6)
    assert Counter(end.seq for end in await rig.ends_everywhere()) == Counter(
        f"{number + 1}-0" for number in range(6)
    )


async def test_handing_a_partition_over_is_no_crash(rig: KafkaRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.engines.kafka.agent._REVOKE_SECONDS", 0.05)
    go_on = asyncio.Event()

    async def slow(item: Item) -> Outcome:
        await go_on.wait()
        return Emit(item)

    async def shared() -> bool:
        return all(len(agent.partitions) == 1 for agent, _ in rig.agents)

    rig.start(stage("first", slow, timeout_seconds=60, crash_limit=1))
    await append(rig, range(6))
    await rig.until_in_hand(6)
    rig.start(stage("first", slow, timeout_seconds=60, crash_limit=1))
    await rig.until(shared)
    go_on.set()
    await rig.until_ended(6)
    assert {end.outcome for end in await rig.ends_everywhere()} == {"done"}
    assert await rig.letters() == []


async def test_what_is_settled_is_not_given_out_again_after_an_orderly_end(rig: KafkaRig) -> None:
    seen: list[int] = []

    async def count(item: Item) -> Outcome:
        seen.append(item.number)
        return Emit(item)

    await append(rig, range(4))
    rig.start(stage("first", count))
    await rig.until_ended(4)
    await rig.drain()
    await append(rig, range(4, 5))
    rig.start(stage("first", count))
    await rig.until_ended(5)
    assert sorted(seen) == [0, 1, 2, 3, 4]


async def test_an_entry_that_waits_survives_its_process_and_holds_no_offset_up(rig: KafkaRig) -> None:
    async def later(item: Item) -> Outcome:
        return Retry("later", after=0.5) if item.number == 0 else Emit(item)

    await append(rig, range(3))
    rig.start(stage("first", later))
    await rig.until_ended(2)
    await rig.drain()
    assert await rig.engine.offsets.lag("first", "first") == 0
    rig.start(stage("first", done))
    ends = await rig.until_ended(3)
    assert {end.seq for end in ends} == {"1-0", "2-0", "3-0"}


async def test_a_stage_takes_no_more_while_the_next_one_cannot_keep_up(rig: KafkaRig) -> None:
    ahead: list[int] = []

    async def onward(item: Item) -> Outcome:
        ahead.append(await rig.engine.offsets.lag("second", "second"))
        return Emit(item)

    async def pressed() -> bool:
        return rig.agents[0][0].is_pressed

    for number in range(5):
        await rig.append("second", *entry(number))
    rig.start(stage("first", onward, emits="second"))
    await rig.until(pressed)
    await append(rig, range(5, 6))
    rig.start(stage("second", done))
    await rig.until_ended(6)
    assert ahead
    assert ahead[0] < 5


async def test_a_stage_that_is_stopped_while_it_prepares_takes_nothing(rig: KafkaRig) -> None:
    prepared = asyncio.Event()

    async def prepare() -> None:
        await prepared.wait()

    rig.start(replace(stage("first", done), prepare=prepare))
    rig.agents[0][0].stop()
    prepared.set()
    await rig.drain()
    topic = TopicPartition(rig.engine.names.accounts("first"), 0)
    async with rig.engine.look.reader() as reader:
        assert [record async for record in scan(reader, topic)] == []


async def test_comments_of_one_streamer_lie_in_one_partition_in_their_order(rig: KafkaRig) -> None:
    seqs = [await rig.comment(streamer="anna", message=str(number)) for number in range(5)]
    numbers = [int(seq.partition("-")[2]) % 1024 for seq in seqs]
    assert len(set(numbers)) == 1
    assert seqs == sorted(seqs, key=lambda seq: tuple(int(part) for part in seq.split("-")))
    assert len(await until_read(rig)) == 5


async def until_read(rig: KafkaRig) -> list[dict[bytes, bytes]]:
    return [fields for partition in range(2) for fields in await rig.read("comments_stream", partition)]


async def test_a_process_whose_group_would_not_have_it_joins_anew(rig: KafkaRig) -> None:
    rig.start(stage("first", done))
    await append(rig, range(2))
    await rig.until_ended(2)
    give_up(rig)
    await append(rig, range(2, 4))
    await rig.until_ended(4)


def give_up(rig: KafkaRig) -> None:
    """What aiokafka's coordinator does at an answer that it did not expect; in its own thread."""
    thread = rig.agents[0][0]._app.consumer._thread
    thread.thread_loop.call_soon_threadsafe(thread._consumer._coordinator._coordination_task.cancel)


async def test_nothing_is_lost_where_more_comes_than_a_process_takes_in(
    rig: KafkaRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engines.kafka.agent._ROOM", 5)
    await append(rig, range(200))
    rig.start(stage("first", done, concurrency=2))
    ends = await rig.until_ended(200)
    assert Counter(end.seq for end in ends) == Counter(f"{number + 1}-0" for number in range(200))


async def test_what_is_too_large_for_kafka_is_a_dead_letter_and_its_neighbours_go_on(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engines.kafka.clients._LARGEST_BYTES", 20_000)

    async def swollen(item: Item) -> Outcome:
        return Emit(Swollen(number=item.number, text="x" * 30_000 if item.number == 3 else "x"))

    async with kafka_rig_on(kafka_broker, partitions=1) as rig:
        rig.start(stage("first", swollen, emits="second"), stage("second", done))
        for number in range(6):
            await rig.engine.producer.append(Append("first", 0, entry(number)))

        async def all_ended() -> bool:
            return len({end.seq for end in await rig.ends_everywhere()}) == 6

        await rig.until(all_ended)
        letters, ends = await rig.letters(), await rig.ends_everywhere()
    # Those that were written beside it may be there twice: whoever reads them knows a double by its id.
    assert {end.seq for end in ends if end.outcome == "rejected"} == {"4-0"}
    assert [letter.stage for letter in letters] == ["first"]
    assert "larger than Kafka takes in one message" in letters[0].reason


class Swollen(Item):
    """An item that carries much."""

    text: str
