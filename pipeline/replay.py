"""Replay: entries of the past, in their order and under their ids, into a run of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

IN_FLIGHT = 1000  # entries that a run may hold unfinished before it is given more
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Span:
    """From `first_ms` up to, but without, `end_ms` (epoch milliseconds, as in the ids of the public stream)."""

    first_ms: int
    end_ms: int

    def share(self, position_ms: int) -> float:
        """How much of the span lies before the end of that millisecond, 0 to 1."""
        return min(1.0, max(0, position_ms + 1 - self.first_ms) / (self.end_ms - self.first_ms))


@dataclass(frozen=True, slots=True)
class PastEntry:
    """An entry of the public stream: its id there, and its fields, byte for byte."""

    seq: str
    fields: Mapping[bytes, bytes]

    @property
    def milliseconds(self) -> int:
        """When Redis took it (epoch milliseconds)."""
        return int(self.seq.partition("-")[0])


class History(Protocol):
    """Where past entries are kept."""

    async def bounds(self, span: Span) -> Span | None:
        """The smallest span within `span` that holds all its entries; None where there are none."""
        ...

    def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        """The entries of the span in the order of their ids, no id twice."""
        ...


class Destination(Protocol):
    """A run that takes entries."""

    async def feed(self, entries: Sequence[PastEntry]) -> None:
        """Put the entries in under their ids."""
        ...

    async def unfinished(self) -> int:
        """How many entries the run has not brought to an end; 0 only where it is through with everything."""
        ...


class Tempo:
    """Tells how long to wait so that entries come `speed` times as fast as they did (None: at once)."""

    def __init__(self, speed: float | None, clock: Callable[[], float]) -> None:
        self._speed, self._clock = speed, clock
        self._began: tuple[float, int] | None = None

    def wait_seconds(self, entry_ms: int) -> float:
        """Seconds until the entry of that time is due; the first one asked for is due at once."""
        if self._speed is None:
            return 0.0
        began, first_ms = self._began = self._began or (self._clock(), entry_ms)
        return max(0.0, began + (entry_ms - first_ms) / 1000 / self._speed - self._clock())


@dataclass(slots=True)
class Fed:
    """How far a feeder is: how many entries it fed, and the time of the last one it read."""

    fed: int = 0
    position_ms: int = 0


class Feeder:
    """Reads a history and feeds what `choose` leaves of each page, at `tempo`; never more than IN_FLIGHT ahead of the
    run. `fed` tells how far it is."""

    def __init__(
        self,
        history: History,
        run: Destination,
        choose: Callable[[Sequence[PastEntry]], Awaitable[Sequence[PastEntry]]],
        tempo: Tempo,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._history, self._run, self._choose, self._tempo, self._sleep = history, run, choose, tempo, sleep
        self.fed = Fed()

    async def feed(self, span: Span) -> None:
        """Feed the span's entries. Raises what reading and feeding raise."""
        async for page in self._history.pages(span):
            due: list[PastEntry] = []
            for entry in await self._choose(page):
                if wait := self._tempo.wait_seconds(entry.milliseconds):
                    await self._send(due)
                    due = []
                    await self._sleep(wait)
                due.append(entry)
            await self._send(due)
            self.fed.position_ms = page[-1].milliseconds

    async def drained(self) -> None:
        """Wait until the run is through with everything."""
        while await self._run.unfinished():
            await self._sleep(_LOOK_SECONDS)

    async def _send(self, entries: Sequence[PastEntry]) -> None:
        if not entries:
            return
        while await self._run.unfinished() >= IN_FLIGHT:
            await self._sleep(_LOOK_SECONDS)
        await self._run.feed(entries)
        self.fed.fed += len(entries)
