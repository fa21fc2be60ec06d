"""What the contract suite asks of every engine, whatever it is built on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from pipeline.dead_letter import DeadLetter
from pipeline.envelope import Envelope
from pipeline.events import EndState
from pipeline.stage import Stage


class EngineRig(Protocol):
    """Drives an engine with one partition. Streams go by the names that stages know: that of the stage which reads
    it, or `comments_stream`."""

    async def append(self, stream: str, *fields: str | bytes) -> str:
        """Append an entry (names and values in turn, garbage too); returns its id."""

    async def comment(self, **fields: str) -> str:
        """Append to the public stream; returns the entry's id."""

    async def append_once(self, stage: str, record_id: str, envelope: Envelope) -> None:
        """Append, unless this record was appended before."""

    def start(self, *stages: Stage[Any]) -> None:
        """Start a process in which these stages are at work."""

    async def drain(self) -> None:
        """Stop the process in order: what is in hand is finished."""

    async def kill(self) -> None:
        """End the process as a crash would. The next one that is started goes on with what it held."""

    async def until(self, reached: Callable[[], Awaitable[bool]]) -> None:
        """Let the process work until `reached` says so. Raises TimeoutError, and what the process failed with."""

    async def fields(self, stream: str) -> list[dict[bytes, bytes]]:
        """The entries that lie in a stream."""

    async def ends(self) -> list[EndState]:
        """The end states so far."""

    async def letters(self) -> list[DeadLetter]:
        """The dead letters that lie there."""

    async def redrive(self, letter: DeadLetter) -> None:
        """Send a dead letter back to its stage. Raises LookupError where it no longer lies there."""

    async def waiting(self, stage: str) -> int:
        """How many entries of the stage wait for a later time."""

    async def earlier(self, seq: str) -> int:
        """How many comments before `seq` are unfinished."""

    async def leave(self, *seqs: str) -> None:
        """These comments hold nobody up any more."""


async def until_ended(engine: EngineRig, count: int) -> list[EndState]:
    """Let the stages work until so many comments have ended."""

    async def reached() -> bool:
        return len(await engine.ends()) >= count

    await engine.until(reached)
    return await engine.ends()
