"""Delivery -> work: what an entry says, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from pipeline.decision import Work, partition_of
from pipeline.envelope import Envelope, head_of, read_envelope, traceparent
from pipeline.settlement import Delivery
from pipeline.stage import Door, Stage
from schemas.codec import decode


class CrashLoop(Exception):
    """The entry keeps taking its process down; it is dead-lettered before the handler runs again."""

    def __init__(self, work: Work) -> None:
        super().__init__(f"its process died {work.delivery.deliveries - 1} times while it was handled")
        self.work = work


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads the entries of `stage` in `partition`, of `partitions`; `clock` gives epoch seconds."""

    stage: Stage[Any]
    partition: int
    partitions: int
    clock: Callable[[], float]

    def work(self, delivery: Delivery, received_ms: int | None = None) -> Work:
        """What the entry asks for, which came at `received_ms` (epoch; now). Raises UnreadableRecord, NewerVersion, and
        CrashLoop where a process died with the entry more often than the stage's limit."""
        received_ms, stage = received_ms or self.now_ms(), self.stage
        if stage.door:
            work = self._of_a_door(delivery, stage.door, received_ms)
        else:
            content, kind = delivery.content, stage.consumes
            envelope = content if isinstance(content, Envelope) else read_envelope(content)
            record = envelope.record
            if record is None or (type(record) is not kind and type(record) not in get_args(kind)):
                record = decode(kind, envelope.data)
            work = Work(delivery, envelope, record, self.partition, received_ms)
        if delivery.deliveries > stage.limits.crash_limit:
            raise CrashLoop(work)
        return work

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)

    def _of_a_door(self, delivery: Delivery, door: Door[Any], received_ms: int) -> Work:
        seq = delivery.entry_id
        opened = door.opens(seq, delivery.fields)
        trace = traceparent(opened.id)
        head = head_of(opened.id, seq, opened.at, trace)
        envelope = Envelope(opened.id, seq, opened.at, trace, b"[]", b"", None, head)
        partition = partition_of(opened.partition_key, self.partitions)
        return Work(delivery, envelope, opened.record, partition, received_ms)
