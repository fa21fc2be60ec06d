"""What an engine must do, in words. tests/contract/test_engine*.py tries each promise on every engine.

An engine keeps streams and runs stages on them. It takes reading (`understanding.understand`), running
(`execution.execute`) and deciding (`decision.Decider`) from here and carries out the settlements; so what an outcome
means is written once, and an engine promises only what storage and processes can break:

**Delivery.** Every entry of a stage's stream is delivered to one handler of the stage, again and again, until it is
settled. Where a process dies with it, another one, or the same one started again, goes on. An entry of one partition
key is in one partition; within it new entries are delivered in the order in which they were appended. No more entries
are in hand at once than the stage's limits say; what waits for a later time is not in hand, and holds nobody up.

**Settling.** A `Settled` entry's appends and step are written, and the entry leaves the stream, all in one step: nobody
ever sees a part of it. (Where the store has no such step, the appends come first, and whoever reads them knows a
double by its id.) Who lost the entry to another process writes nothing (where the store has no fence: from the moment
that it hears of it; what it wrote before is a double). Entries of the public stream stay in it, as the audit trail, and
are not delivered again.

**Waiting.** A `Postponed` entry is delivered again when it is due, or soon after, with the attempts and the time of the
first failure that were set down; both survive the process. `Delivery.deliveries` counts from 1 how often the entry was
given out since a handler last survived it.

**Ends and dead letters.** `EVENTS` and `DEAD` are streams like any other: a stage may read the end states. A dead
letter holds the original entry byte for byte, and leaves only by `redrive` or `purge`.

**Stopping.** See `worker.Agent`: what is in hand is finished, or given back at once without an attempt on its account.

**Trouble.** A store that is away, full or starting is waited out, with what is in hand; what was lost is said loudly.

Ports that belong to one user stand with it: `worker.Agent`, `relay.AppendOnce`, `relay.Outbox`, `replay.History` and
`replay.Destination`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from pipeline.dead_letter import EVERYTHING, DeadLetter, Selection
from pipeline.stage import Stage
from pipeline.worker import Agent


class AgentsOf(Protocol):
    """Puts a stage to work."""

    def __call__(self, stage: Stage[Any]) -> Sequence[Agent]:
        """The agents that are this process' share of the stage: run them all to have every partition served.

        `stage.prepare` is awaited before the first entry is delivered; what it needs and is away is waited out. Of an
        `exclusive` stage, one process at a time is at work on a partition, and the others stand by.
        """


class PublicDoor(Protocol):
    """The way in."""

    async def comment(self, fields: Mapping[str, str]) -> str:
        """Append to the public stream. Returns the entry's id, by whose order comments are earlier or later, once the
        entry is safe; whoever gets no answer sends it again."""


class Watermark(Protocol):
    """Who was first."""

    async def earlier(self, partition_key: str, seq: str) -> int:
        """How many comments of the partition before `seq` are unfinished: given to the door's stage, and neither ended
        nor settled by the exclusive stage. A retry keeps its place. Too many is allowed, too few is not; but a comment
        that takes longer than ten minutes may be left out, so that it does not hold up the others for ever."""

    async def leave(self, partition_key: str, seqs: Sequence[str]) -> None:
        """These comments of the partition no longer count as unfinished: nobody has to wait for them, though the
        exclusive stage, which says so, has not settled them yet."""


class Lying(Protocol):
    """A dead letter where it lies."""

    @property
    def id(self) -> str:
        """Its name among all dead letters, for people to type."""

    @property
    def letter(self) -> DeadLetter:
        """What it says."""


L_co = TypeVar("L_co", bound=Lying, covariant=True)
L_contra = TypeVar("L_contra", bound=Lying, contravariant=True)


class DeadLetters(Protocol[L_co]):
    """The dead letters of all partitions."""

    def all(self, selection: Selection = EVERYTHING) -> AsyncIterator[L_co]:
        """The selected ones, oldest first within a partition, of those that lie there when this begins."""

    async def find(self, dead_id: str) -> L_co:
        """The one with this id. Raises a LookupError."""

    async def purge(self, selection: Selection) -> int:
        """Delete the selected ones for good; returns how many."""


class Redriver(Protocol[L_contra]):
    """The way back."""

    async def redrive(self, listed: L_contra) -> object:
        """Back into its stage and out of the dead letters, with all its attempts before it; in one step, so that of two
        who try it one succeeds (where the store has no such step, both may in the same moment, and it is given twice).
        A comment of the public stream remains the comment it was while its entry is kept.

        Raises a LookupError where the letter no longer lies there.
        """
