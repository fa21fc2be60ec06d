"""Stages on records without Redis, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pipeline.dead_letter import DeadLetter
from pipeline.decision import Decider, derived_id, partition_of
from pipeline.envelope import Envelope, read_envelope, traceparent
from pipeline.events import EndState
from pipeline.reading import Reading
from pipeline.settlement import Append, Postponed, Settlement
from pipeline.stage import PUBLIC_STREAM, Stage
from pipeline.testing.clock import VirtualClock
from pipeline.testing.lane import Lane
from pipeline.testing.memory import Memory
from pipeline.testing.stream import MemoryGroup, rank
from pipeline.testing.waiting import MOST_DELAYS, NeverIdle, Waiting
from schemas.codec import decode, encode
from schemas.records import CommentRecord, Record

R = TypeVar("R", bound=Record)


class MemoryRun:
    """Stages at work in memory, by the same reading, execution and decisions as on Redis.

    Time is virtual: a retry takes none, the clock moves to when it is due (give `clock` also to stages that ask for
    the time). Only a handler's own time limit is real. `random` gives numbers in [0, 1) for the jitter of backoffs; by
    default each is half of the most it may be. Entries are handled in a fixed order, at most as many at once as the
    stage's limits allow.

    >>> from pipeline.stage import Emit, Limits, Stage
    >>> class Item(Record):
    ...     number: int
    >>> async def double(item: Item) -> Emit:
    ...     return Emit(Item(number=2 * item.number))
    >>> stage = Stage(name="double", consumes=Item, emits="next", limits=Limits(timeout_seconds=1), one=double)
    >>> run = MemoryRun(stage)
    >>> comment_id = run.add("double", Item(number=21))
    >>> asyncio.run(run.until_idle())
    >>> run.records("next", Item)
    [Item(number=42)]
    """

    def __init__(
        self,
        *stages: Stage[Any],
        clock: VirtualClock | None = None,
        random: Callable[[], float] = lambda: 0.5,
        partitions: int = 1,
    ) -> None:
        self.clock = clock or VirtualClock()
        self._random = random
        self._memory = Memory(partitions, lambda: self.clock.now_ms)
        self._groups: dict[tuple[str, int], MemoryGroup] = {}
        self._lanes: dict[tuple[str, int], Lane] = {}
        self._unprepared: list[Stage[Any]] = []
        self._working = asyncio.Lock()
        self._stopped = False
        self.start(*stages)

    def start(self, *stages: Stage[Any]) -> None:
        """Have these stages at work from now on. One takes the place of another of its name, with what that had left:
        a process that starts again, or a new release."""
        for stage in stages:
            for partition in range(1 if stage.door else self._memory.partitions):
                self._lanes[stage.name, partition] = self._lane(stage, partition)
            self._unprepared.append(stage)
        self._stopped = False

    def stop(self) -> None:
        """Take nothing more until something is started again; what is in hand is finished."""
        self._stopped = True

    def add(self, stage: str, record: Record) -> str:
        """Append a record for the stage, as the stage before it would. Returns the comment's id: the record's own
        where it has one. A stage behind a door is given raw fields, by `append`."""
        name = self._stream_of(stage)
        if name == PUBLIC_STREAM:
            raise ValueError(f"The stage {stage} reads {PUBLIC_STREAM}: append raw fields to it instead.")
        if isinstance(record, CommentRecord):
            partition = partition_of(record.streamer, self._memory.partitions)
            comment_id, seq = str(record.comment_id), record.seq
        else:
            partition, seq = 0, self._memory.next_id(name, 0)
            comment_id = str(derived_id(f"{name}/{seq}"))
        envelope = Envelope(
            id=comment_id, seq=seq, at=self.clock.utc_now().isoformat(),
            trace=traceparent(comment_id), hops=b"[]", data=encode(record),
        )  # fmt: skip
        self._memory.append(Append(name, partition, envelope.fields()))
        return comment_id

    def append(self, stage: str, fields: Mapping[str, str | bytes], *, partition: int = 0) -> str:
        """Append an entry as it is, garbage too, to the stream that the stage reads. Returns the entry's id."""
        flat = tuple(part for pair in fields.items() for part in pair)
        return self._memory.append(Append(self._stream_of(stage), partition, flat))

    async def append_once(self, stage: str, partition: int, record_id: str, envelope: Envelope) -> None:
        """Append to a stage's stream, unless this record was appended before (see relay.AppendOnce)."""
        append = Append(self._stream_of(stage), partition, envelope.fields())
        self._memory.append_once(record_id, append)

    async def settle(self) -> int:
        """Handle all that is there and due; no time passes. Returns how many deliveries that were."""
        async with self._working:
            while self._unprepared:
                stage = self._unprepared.pop(0)
                if stage.prepare:
                    await stage.prepare()
            handled = 0
            while taken := await self._round():
                handled += taken
            return handled

    async def until_idle(self) -> None:
        """Handle everything, and let the time pass until nothing waits any more. Raises NeverIdle where an entry is
        put off a thousand times."""
        delays: Counter[tuple[str, int, str]] = Counter()
        await self.settle()
        while self.waiting and not self._stopped:
            first = self.waiting[0]
            place = first.stage, first.partition, first.entry_id
            delays[place] += 1
            if delays[place] > MOST_DELAYS:
                raise NeverIdle(first)
            self.jump()
            await self.settle()

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, handling what falls due on the way."""
        end_ms = self.clock.now_ms + int(seconds * 1000)
        await self.settle()
        while not self._stopped and self.waiting and self.waiting[0].due_ms <= end_ms:
            self.jump()
            await self.settle()
        self.clock.move_to(end_ms)

    def jump(self) -> bool:
        """Move the clock to when the next entry is due, and handle nothing yet; False where none waits."""
        if not self.waiting:
            return False
        self.clock.move_to(self.waiting[0].due_ms)
        return True

    @property
    def waiting(self) -> list[Waiting]:
        """The entries that were put off, by the time they are due."""
        waiting = [
            Waiting(stage, partition, entry_id, account.due_ms, account.attempts)
            for (stage, partition), group in self._groups.items()
            for entry_id, account in group.pending.items()
            if account.due_ms is not None
        ]
        return sorted(
            waiting, key=lambda each: (each.due_ms, each.stage, each.partition, rank(each.entry_id))
        )

    @property
    def ends(self) -> list[EndState]:
        """What became of the comments, in the order in which they ended; a stage that reads the events takes none
        away."""
        return self._memory.ends

    @property
    def dead(self) -> list[DeadLetter]:
        """The dead letters, oldest first in each partition."""
        return self._memory.dead()

    def records(self, stream: str, kind: type[R]) -> list[R]:
        """The records that lie in a stream, oldest first: all that reached it, where no stage of the run reads it.
        Raises UnreadableRecord."""
        return [decode(kind, read_envelope(fields).data) for fields in self.fields(stream)]

    def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        """The entries that lie in a stream, oldest first in each partition."""
        return self._memory.fields(stream)

    def redrive(self, *letters: DeadLetter) -> None:
        """Send these dead letters back to their stages, without any: all. Raises LookupError for one that is not
        there (any more)."""
        for letter in letters or self.dead:
            raw = self._memory.take_dead(letter)
            group = self._groups.get((letter.stage, 0)) if letter.stream == PUBLIC_STREAM else None
            if group is None or not group.give_again(letter.entry_id, self.clock.now_ms):
                self._memory.append(Append(letter.stream, letter.partition, raw))

    def unfinished(self, partition: int = 0) -> list[str]:
        """The seqs of the comments that passed a door and are on their way to the exclusive stage, first one first."""
        return self._memory.unfinished(partition)

    async def earlier(self, partition_key: str, seq: str) -> int:
        """How many comments before `seq` are unfinished (see ports.Watermark)."""
        doors = [lane.group for lane in self._lanes.values() if lane.stage.door]
        at_the_door = [entry_id for group in doors for entry_id in group.pending]
        on_the_way = self.unfinished(partition_of(partition_key, self._memory.partitions))
        return sum(rank(other) < rank(seq) for other in (*at_the_door, *on_the_way))

    async def leave(self, partition_key: str, seqs: Sequence[str]) -> None:
        """These comments of the partition no longer count as unfinished (see ports.Watermark)."""
        self._memory.finish(partition_of(partition_key, self._memory.partitions), seqs)

    async def _round(self) -> int:
        taken = 0
        for lane in list(self._lanes.values()):
            if not self._stopped:
                taken += await lane.round(self.clock)
        return taken

    def _lane(self, stage: Stage[Any], partition: int) -> Lane:
        group = self._groups.get((stage.name, partition))
        if group is None:
            stream = self._memory.stream(stage.stream, partition)
            group = MemoryGroup(stream, keeps_entries=stage.door is not None)
            self._groups[stage.name, partition] = group
        reading = Reading(stage, partition, self._memory.partitions, self.clock)
        return Lane(stage, group, reading, Decider(stage, self.clock, self._random), self._write)

    def _stream_of(self, stage: str) -> str:
        """The stream that the stage of this name reads; where the run has none, the stream of this name."""
        lane = self._lanes.get((stage, 0))
        return lane.stage.stream if lane else stage

    def _write(self, group: MemoryGroup, settlement: Settlement) -> None:
        if isinstance(settlement, Postponed):
            group.postpone(settlement, self.clock.now_ms)
        else:
            self._memory.write(settlement)
            group.forget(settlement.entry_id)
