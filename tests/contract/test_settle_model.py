"""Settle, claim, retry, redrive and trim, in any order, by two competing consumers on real Valkey, against a small
model: each record ends in exactly one end state."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from typing import ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from pipeline.decision import Decider, Work
from pipeline.engines.redis.streams import Fenced, StageStream
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.engines.redis.watermark import Watermark
from pipeline.reading import Reading
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Drop, Emit, Outcome, Reject, Retry
from pipeline.understanding import understand
from schemas.codec import decode
from tests.contract.public_door import door
from tests.contract.rig import KEYS, Item, Rig, done, rig_on
from tests.fixtures_servers import emptied

T = TypeVar("T")
CONSUMERS = st.sampled_from(["left", "right"])
COUNTS = st.integers(1, 4)
SPEC = door(done)
OUTCOMES = st.sampled_from(["emit", "drop", "reject", "later", "at once", "turn"])


def outcome(name: str, item: Item) -> Outcome:
    """A handler's answer, by its name here."""
    answers: dict[str, Outcome] = {
        "emit": Emit(item),
        "drop": Drop("no"),
        "reject": Reject("never"),
        "later": Retry("not now", after=3600),
        "at once": Retry("again", after=0),
        "turn": Retry("its turn comes", after=0, counts=False),
    }
    return answers[name]


class SettleMachine(RuleBasedStateMachine):
    """`hands` is what each consumer believes to hold; what it rightly holds, Redis knows. The model is the place in
    which each record must be found: unsettled, passed on, dropped, or among the dead letters, and in one alone."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        url = self.url
        self.runner = asyncio.Runner()
        self.context = rig_on(emptied(url))
        self.rig: Rig = self.run(self.context.__aenter__())
        self.appended = 0
        self.numbers: dict[str, int] = {}
        self.streams: dict[str, StageStream] = {}
        self.hands: dict[str, dict[str, Delivery]] = {"left": {}, "right": {}}
        # A lease of no time: whatever another consumer holds may be taken over at any moment.
        self.settings = {
            name: RuntimeSettings(redis_url=url, consumer_name=name, lease_seconds=0.0001, replay_seconds=1)
            for name in self.hands
        }
        for name in self.hands:
            self.open(name)
        tomorrow = time.time() + 86_400  # every entry is older than the window
        watermark = Watermark(self.rig.redis, KEYS, 1, "door")
        self.trimmer = Trimmer(self.rig.redis, self.settings["left"], ["door"], watermark, lambda: tomorrow)

    def run(self, awaitable: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await awaitable

        return self.runner.run(awaited())

    def open(self, name: str) -> None:
        self.streams[name] = StageStream(self.rig.redis, self.rig.redis, SPEC, 0, self.settings[name])
        self.run(self.streams[name].open())

    @rule(count=COUNTS)
    def append(self, count: int) -> None:
        for _ in range(count):
            self.appended += 1
            added = self.rig.redis.execute_command("XADD", KEYS.comments, "*", "n", self.appended)
            self.numbers[self.run(added).decode()] = self.appended

    @rule(name=CONSUMERS, count=COUNTS)
    def read(self, name: str, count: int) -> None:
        self.take(name, self.run(self.streams[name].read(count, 1)))

    @rule(name=CONSUMERS, count=COUNTS)
    def recover(self, name: str, count: int) -> None:
        self.take(name, self.run(self.streams[name].own_pending("", count, self.hands[name])).deliveries)

    @rule(name=CONSUMERS, count=COUNTS)
    def bring_due(self, name: str, count: int) -> None:
        self.take(name, self.run(self.streams[name].due(int(time.time() * 1000) + 1, count)).deliveries)

    @rule(name=CONSUMERS, count=COUNTS)
    def bring_orphans(self, name: str, count: int) -> None:
        self.take(name, self.run(self.streams[name].orphans(count)).deliveries)

    @rule(name=CONSUMERS)
    def renew(self, name: str) -> None:
        renewed = self.run(self.streams[name].renew(self.hands[name]))
        for entry_id in (*renewed.lost, *renewed.gone):
            del self.hands[name][entry_id]

    @rule(name=CONSUMERS, count=COUNTS, answers=st.lists(OUTCOMES, min_size=4, max_size=4))
    def settle(self, name: str, count: int, answers: list[str]) -> None:
        held = list(self.hands[name].values())[:count]
        if held:
            self.run(self.streams[name].settle(self.decided(held, answers)))
            for delivery in held:
                del self.hands[name][delivery.entry_id]

    @rule(name=CONSUMERS)
    def crash_and_start_again(self, name: str) -> None:
        self.hands[name] = {}
        self.open(name)

    @rule(name=CONSUMERS, answers=st.lists(OUTCOMES, min_size=9, max_size=9))
    def be_replaced_and_go_on_as_a_zombie(self, name: str, answers: list[str]) -> None:
        zombie, held = self.streams[name], list(self.hands[name].values())[:9]
        self.crash_and_start_again(name)
        if held:
            try:
                self.run(zombie.settle(self.decided(held, answers)))
            except Fenced:
                return
            raise AssertionError("a zombie was let in")

    @rule()
    def trim(self) -> None:
        assert not self.run(self.trimmer.trim()).losses

    @rule()
    def redrive(self) -> None:
        for letter in self.run(self.rig.letters()):
            if not letter.is_tombstone:
                self.run(self.rig.redrive(letter))
                return

    @rule(name=CONSUMERS)
    def somebody_removes_a_pending_entry(self, name: str) -> None:
        pending = self.run(
            self.rig.redis.execute_command("XPENDING", KEYS.comments, "door", "-", "+", 1, name)
        )
        for entry_id, *_ in pending:
            self.run(self.rig.redis.xdel(KEYS.comments, entry_id))

    @invariant()
    def every_record_is_in_one_place(self) -> None:
        places = self.run(self.places())
        assert places == Counter(range(1, self.appended + 1))

    def teardown(self) -> None:
        """Whatever happened: one who goes on finishes everything."""
        try:
            self.finish()
        finally:
            self.run(self.context.__aexit__(None, None, None))
            self.runner.close()

    def finish(self) -> None:
        self.hands = {"left": {}, "right": {}}
        self.open("left")
        far_ms = int((time.time() + 7200) * 1000)
        while self.appended:
            found = [
                *self.run(self.streams["left"].read(10, 1)),
                *self.run(self.streams["left"].own_pending("", 100, [])).deliveries,
                *self.run(self.streams["left"].due(far_ms, 10)).deliveries,
                *self.run(self.streams["left"].orphans(10)).deliveries,
            ]
            if not found and not self.run(self.unsettled()):
                break
            if found:
                self.run(self.streams["left"].settle(self.decided(found, ["emit"] * len(found))))
        self.every_record_is_in_one_place()
        assert not self.run(self.rig.redis.exists(KEYS.retry("door", None), KEYS.attempts("door", None)))

    def take(self, name: str, deliveries: list[Delivery]) -> None:
        self.hands[name].update((delivery.entry_id, delivery) for delivery in deliveries)

    def decided(self, deliveries: list[Delivery], answers: list[str]) -> list[Settlement]:
        """The settlements for these answers; whatever killed its process too often is dead-lettered instead."""
        reading, decider = Reading(SPEC, 0, 1, time.time), Decider(SPEC, time.time, lambda: 0.0)
        distinct = {each.entry_id: each for each in deliveries}.values()
        settlements: list[Settlement] = []
        for delivery, answer in zip(distinct, answers, strict=False):
            understood = understand(delivery, reading, decider)
            if isinstance(understood, Work):
                said = outcome(answer, Item(number=int(delivery.fields[b"n"])))
                understood = decider.decide(understood, said)
            settlements.append(understood)
        return settlements

    async def unsettled(self) -> set[str]:
        """Ids of the public stream that are pending, or that nobody was given."""
        rows = await self.rig.redis.execute_command("XPENDING", KEYS.comments, "door", "-", "+", 1000)
        [group] = await self.rig.redis.xinfo_groups(KEYS.comments)
        after = f"({group['last-delivered-id'].decode()}"
        unread = await self.rig.redis.execute_command("XRANGE", KEYS.comments, after, "+")
        return {row[0].decode() for row in (*rows, *unread)}

    async def places(self) -> Counter[int]:
        """How often each record is found."""
        found: Counter[int] = Counter()
        for entry_id in await self.unsettled():
            found[await self.number_of(entry_id)] += 1
        for fields in await self.rig.fields("first"):
            found[decode(Item, fields[b"d"]).number] += 1
        for end in await self.rig.ends():
            if end.outcome == "dropped":  # what was rejected lies among the dead letters, or was sent back
                found[int(str(end.comment_id).rpartition("-")[2])] += 1
        for letter in await self.rig.letters():
            found[await self.number_of(letter.entry_id)] += 1
        return found

    async def number_of(self, entry_id: str) -> int:
        if entry_id not in self.numbers:  # sent back anew, since its first entry was trimmed
            [(_, fields)] = await self.rig.redis.execute_command("XRANGE", KEYS.comments, entry_id, entry_id)
            self.numbers[entry_id] = int(fields[b"n"])
        return self.numbers[entry_id]


def test_each_record_ends_in_exactly_one_end_state_whatever_happens_in_between(redis_url: str) -> None:
    class OnThisRedis(SettleMachine):
        url = redis_url

    run_state_machine_as_test(
        OnThisRedis,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
