"""What a stage is, and the four things it may answer. All that a stage imports of the runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import Any, Generic, TypeAlias, TypeVar

from msgspec import Struct

from schemas.records import Record

R = TypeVar("R", bound=Record)

PUBLIC_STREAM = "comments_stream"

Note: TypeAlias = Mapping[str, Any]
"""Facts for the audit trail (JSON values), such as intent and score; they travel in the envelope's hops."""

NO_FACTS: Note = MappingProxyType({})


class Emit(Struct, frozen=True, gc=False):
    """Append the record to the next stage's stream, or to the stage named by `to`; from the last stage of the
    way it is the end of the comment."""

    record: Record
    to: str | None = None
    note: Note = NO_FACTS


@dataclass(frozen=True, slots=True)
class Drop:
    """An end that is no failure: not a buy, no match, nothing more to do. Where `is_end` is false the record was no
    part of the comment's way, such as news of it: nothing is noted, and the comment keeps the end that it has. `aside`
    is for whoever reads the end states as they come; it is kept nowhere."""

    reason: str
    note: Note = field(default_factory=dict)
    is_end: bool = True
    aside: Note = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now: due again after `after` seconds, or after a backoff where that is None. Past the stage's limit of
    attempts the entry is dead-lettered. `error` and `detail` are the exception's class and traceback, if any.
    Where `counts` is false nothing went wrong: the entry only waits its turn, however often; give `after` then."""

    reason: str
    after: float | None = None
    error: str = ""
    detail: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Reject:
    """Never: dead-letter at once."""

    reason: str
    error: str = ""
    detail: str = ""


Outcome: TypeAlias = Emit | Drop | Retry | Reject
OneHandler: TypeAlias = Callable[[R], Awaitable[Outcome]]
BatchHandler: TypeAlias = Callable[[Sequence[R]], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a stage may use. `batch_size` counts only for handlers of batches, `concurrency` only for handlers of
    single records. `crash_limit`: how often an entry may take its process down with it. `away`: exceptions that say
    that something the handler needs is away; the entry waits, and no attempt is counted."""

    timeout_seconds: float
    max_attempts: int = 8
    batch_size: int = 64
    concurrency: int = 8
    crash_limit: int = 3
    backoff_seconds: float = 0.5
    backoff_cap_seconds: float = 60.0
    away: tuple[type[Exception], ...] = ()


class Opened(Struct, Generic[R], frozen=True, gc=False):
    """An entry of the public stream, read and understood: the comment's identity, its event time (ISO 8601) and
    the key that decides its partition."""

    id: str
    at: str
    partition_key: str
    record: R


@dataclass(frozen=True, slots=True, kw_only=True)
class Door(Generic[R]):
    """Marks a stage that reads a public stream: `opens` turns the raw fields of entry `seq` into a record and
    raises UnreadableRecord; the stream has no partitions, and its entries stay as the audit trail."""

    opens: Callable[[str, Mapping[bytes, bytes]], Opened[R]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage(Generic[R]):
    """A stage: its name (also its stream's and its consumer group's), what it consumes (a kind of record, or a
    union of kinds), who comes next, its limits, and exactly one handler. A handler of batches returns one outcome for
    each record, in order."""

    name: str
    consumes: type[R] | UnionType
    emits: str | None
    limits: Limits
    one: OneHandler[R] | None = None
    batch: BatchHandler[R] | None = None
    prepare: Callable[[], Awaitable[None]] | None = None
    """Awaited before the first entry is read: what would make the first records wait. Called again where it raises what
    says that something is away (see Limits)."""
    reads: str = ""
    door: Door[R] | None = None
    records_ends: bool = True
    """False for a stage that itself consumes end states: its own ends are not events."""
    gathers_seconds: float = 0.0
    """Where what it does is awaited by nobody: a reader that found less than a batch rests so long before it reads on.
    Each read, each settle and each statement of a handler of batches waits for a disk, which others wait for too."""
    exclusive: bool = False
    """One process at a time is at work on each partition, others stand by; until this stage has settled a comment,
    the comment counts as unfinished for those after it (see watermark)."""

    def __post_init__(self) -> None:
        if (self.one is None) == (self.batch is None):
            raise ValueError(f"Stage {self.name} needs exactly one handler: `one` or `batch`.")

    @property
    def stream(self) -> str:
        """Name of the stream it reads."""
        return PUBLIC_STREAM if self.door else self.reads or self.name
