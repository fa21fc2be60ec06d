"""What every engine promises (see pipeline/ports.py): about processes that end, in order or not."""

from __future__ import annotations

import asyncio

from pipeline.stage import Drop, Emit, Outcome, Reject, Retry
from tests.contract.engine_rig import EngineRig, until_ended
from tests.contract.scene import Item, done, entry, stage


class Stuck:
    """A handler that never answers; `handled` are the records it was given."""

    def __init__(self) -> None:
        self.handled: list[int] = []

    async def __call__(self, item: Item) -> Outcome:
        self.handled.append(item.number)
        await asyncio.Event().wait()
        return Emit(item)

    async def until_handled(self, engine: EngineRig, count: int) -> None:
        async def reached() -> bool:
            return len(self.handled) >= count

        await engine.until(reached)


async def test_what_a_dead_process_held_is_taken_up(engine: EngineRig) -> None:
    stuck = Stuck()
    for number in range(4):
        await engine.append("first", *entry(number))
    engine.start(stage("first", stuck, timeout_seconds=60))
    await stuck.until_handled(engine, 4)
    await engine.kill()
    assert await engine.ends() == []
    engine.start(stage("first", done))
    ends = await until_ended(engine, 4)
    assert sorted(end.seq for end in ends) == ["1-0", "2-0", "3-0", "4-0"]


async def test_a_record_that_keeps_killing_its_process_is_dead_lettered_before_the_handler(
    engine: EngineRig,
) -> None:
    stuck = Stuck()
    deadly = stage("first", stuck, timeout_seconds=60, crash_limit=3)
    await engine.append("first", *entry(1))
    for crash in range(1, 4):
        engine.start(deadly)
        await stuck.until_handled(engine, crash)
        await engine.kill()
    engine.start(deadly)
    [end] = await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert (letter.error, end.outcome, len(stuck.handled)) == ("CrashLoop", "rejected", 3)


async def test_a_crash_neither_counts_as_a_failure_nor_forgets_the_earlier_ones(engine: EngineRig) -> None:
    seen: list[int] = []
    stuck = Stuck()

    async def shaky(item: Item) -> Outcome:
        seen.append(item.number)
        return Retry("not now") if len(seen) < 3 else await stuck(item)

    async def refuse(item: Item) -> Outcome:
        return Reject("never")

    await engine.append("first", *entry(1))
    engine.start(stage("first", shaky, timeout_seconds=60))
    await stuck.until_handled(engine, 1)
    await engine.kill()
    engine.start(stage("first", refuse))
    await until_ended(engine, 1)
    [letter] = await engine.letters()
    assert letter.attempts == 3


async def test_a_process_that_drains_finishes_what_is_in_hand_and_leaves_the_rest(engine: EngineRig) -> None:
    go_on = asyncio.Event()
    handled: list[int] = []

    async def slow(item: Item) -> Outcome:
        handled.append(item.number)
        await go_on.wait()
        return Drop("by the old one")

    async def in_hand() -> bool:
        return handled == [0]

    await engine.append("first", *entry(0))
    engine.start(stage("first", slow, concurrency=1))
    await engine.until(in_hand)
    draining = asyncio.create_task(engine.drain())
    await asyncio.sleep(0)
    await engine.append("first", *entry(1))
    go_on.set()
    await draining
    assert [end.reason for end in await engine.ends()] == ["by the old one"]
    assert len(await engine.fields("first")) == 1
    engine.start(stage("first", done))
    assert [end.outcome for end in await until_ended(engine, 2)] == ["dropped", "done"]
