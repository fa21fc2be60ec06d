"""Delivery -> work: what an entry says, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

from pipeline.decision import Work, partition_of
from pipeline.envelope import Envelope, read_envelope, traceparent
from pipeline.settlement import Delivery, Handed
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
        received_ms = received_ms or self.now_ms()
        if self.stage.door:
            work = self._of_a_door(delivery, self.stage.door, received_ms)
        else:
            work = self._of_a_stage(delivery, received_ms)
        if delivery.deliveries > self.stage.limits.crash_limit:
            raise CrashLoop(work)
        return work

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        return int(self.clock() * 1000)

    def _of_a_stage(self, delivery: Delivery, received_ms: int) -> Work:
        kind, content = self.stage.consumes, delivery.content
        if isinstance(content, Handed):
            envelope, record = content
            if type(record) is kind or type(record) in get_args(kind):
                return Work(delivery, envelope, record, self.partition, received_ms)
        else:
            envelope = read_envelope(content)
        return Work(delivery, envelope, decode(kind, envelope.data), self.partition, received_ms)

    def _of_a_door(self, delivery: Delivery, door: Door[Any], received_ms: int) -> Work:
        opened = door.opens(delivery.entry_id, delivery.fields)
        envelope = Envelope(
            id=opened.id,
            seq=delivery.entry_id,
            at=opened.at,
            trace=traceparent(opened.id),
            hops=b"[]",
            data=b"",
        )
        partition = partition_of(opened.partition_key, self.partitions)
        return Work(delivery, envelope, opened.record, partition, received_ms)
