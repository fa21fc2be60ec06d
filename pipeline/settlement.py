"""What the runtime does with an entry once its outcome is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from msgspec import Struct

from pipeline.envelope import Envelope, Values, by_name

Fields: TypeAlias = tuple[str | bytes, ...]
"""Names and values in turn, as an entry's fields."""

EVENTS = "events"
DEAD = "dead"


# What is made for every entry is a Struct: a tuple with names takes six times as long to make, a frozen dataclass more.


class Delivery(Struct, frozen=True, gc=False):
    """An entry in this consumer's hands: its fields by name, the values of an envelope, or the envelope itself.
    `attempts` counts the failures of its handler so far, the first of which was at `first_failed_ms` (0: none);
    `deliveries` counts how often it was given out since a handler last survived it, so more than one means that a
    process died with it."""

    entry_id: str
    content: Mapping[bytes, bytes] | Values | Envelope
    attempts: int = 0
    first_failed_ms: int = 0
    deliveries: int = 1

    @property
    def fields(self) -> Mapping[bytes, bytes]:
        """Its fields by name."""
        content = self.content
        return by_name(content.values() if isinstance(content, Envelope) else content)


class Append(Struct, frozen=True, gc=False):
    """One entry to write: the stream's name, its partition, and what it says."""

    stream: str
    partition: int
    content: Envelope | Fields

    @property
    def fields(self) -> Fields:
        """Names and values in turn."""
        return self.content.fields() if isinstance(self.content, Envelope) else self.content


class Step(Struct, frozen=True, gc=False):
    """From now on the comment `seq` of `partition` counts as unfinished, or no longer does."""

    partition: int
    seq: str
    begins: bool


What: TypeAlias = Literal["emitted", "done", "dropped", "dead-lettered", "retried", "put off"]
"""What happened to an entry; one that was put off waits without an attempt being counted."""


class Failure(Struct, frozen=True, gc=False):
    """What the log tells of an attempt that failed: the how manyth it was, why, and when the next one is due (epoch; 0
    where there is none)."""

    comment_id: str
    reason: str
    attempt: int
    due_ms: int = 0


class Counted(Struct, frozen=True, gc=False):
    """What the metrics tell of a settlement once it is written. `label` is the next stage of an emitted record, the
    reason of a dropped one, else the error's class. The entry was received at `received_ms` (epoch); the comment came
    as `seq` and is traced as `trace`."""

    what: What
    label: str
    seq: str
    received_ms: int
    trace: str = ""
    failure: Failure | None = None


class Settled(Struct, frozen=True, gc=False):
    """The entry is finished here: write the appends and the step, acknowledge it and remove it."""

    entry_id: str
    appends: tuple[Append, ...]
    step: Step | None = None
    counted: Counted | None = None


class Onward(Struct, frozen=True, gc=False):
    """The entry is finished here as nearly all are: `envelope` goes on to the stage, or among the events, that `target`
    names. One tuple that has what a Settled would say in four; `begins` is its step's, None where there is none, `what`
    and `label` tell what is counted."""

    entry_id: str
    target: str
    partition: int
    envelope: Envelope
    received_ms: int
    begins: bool | None
    what: What
    label: str

    @property
    def appends(self) -> tuple[Append, ...]:
        """The one entry to write."""
        return (Append(self.target, self.partition, self.envelope),)

    @property
    def step(self) -> Step | None:
        """As in Settled."""
        return None if self.begins is None else Step(self.partition, self.envelope.seq, self.begins)

    @property
    def counted(self) -> Counted:
        """As in Settled."""
        return Counted(self.what, self.label, self.envelope.seq, self.received_ms, self.envelope.trace)


@dataclass(frozen=True, slots=True)
class Postponed:
    """The entry stays pending and is delivered again at `due_ms`, with `attempts` failures on its account."""

    entry_id: str
    due_ms: int
    attempts: int
    first_failed_ms: int
    counted: Counted | None = field(default=None, compare=False)


Finished: TypeAlias = Settled | Onward
Settlement: TypeAlias = Finished | Postponed
