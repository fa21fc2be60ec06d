"""Keeps a source connected to an outlet: connect, read, push, remember; and anew, when the connection is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from pipeline.backoff import delay_seconds
from pipeline.cancellation import cancel
from stages.connectors.away import Away
from stages.connectors.backlog import Backlog
from stages.connectors.incoming import Incoming
from stages.connectors.memory import Memory
from stages.connectors.metrics import Figures
from stages.connectors.outlet import Outlet
from stages.connectors.source import Checkpoint, Connected, Event, Ignored, Source

BATCH_LIMIT = 200
BACKLOG_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The pauses between attempts, in seconds: they grow from `base` to `cap`, with full jitter, and are small again
    after a connection that stood for `stable`."""

    base_seconds: float = 1.0
    cap_seconds: float = 60.0
    stable_seconds: float = 60.0


class Connector:
    """An agent that brings a source's comments to an outlet until the show is over or it is stopped.

    What was pushed is remembered after the outlet took it. A process killed in between pushes it once more when it is
    back; ids derive from message ids, so the pipeline takes it for what it is.
    """

    def __init__(
        self,
        source: Source,
        outlet: Outlet,
        memory: Memory,
        *,
        now: Callable[[], datetime],
        random: Callable[[], float],
        rhythm: Rhythm | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.name = f"{source.platform} of {source.streamer}"
        self._source, self._outlet, self._memory = source, outlet, memory
        self._now, self._random, self._rhythm = now, random, rhythm or Rhythm()
        self._sleep = sleep
        self._figures = Figures(source.platform, source.streamer)
        self._backlog = Backlog(BACKLOG_LIMIT)
        self._reading: asyncio.Task[None] | None = None
        self._pushing: asyncio.Task[None] | None = None
        self._stopped = False
        self._log = structlog.get_logger(connector=self.name)

    def stop(self) -> None:
        """Read no more; `run` returns once what was read is pushed."""
        self._stopped = True
        if self._reading is not None:
            self._reading.cancel()

    def release(self) -> None:
        """Push no more: the platform's history, or the checkpoint, brings back what was read."""
        self.stop()
        if self._pushing is not None:
            self._pushing.cancel()

    async def run(self) -> None:
        """Work until the show is over or `stop`. Raises Refused."""
        self._reading = self._start(self._read_on())
        self._pushing = self._start(self._push_on())
        self._reading.add_done_callback(lambda _: self._backlog.close())
        try:
            await asyncio.wait({self._pushing})
        finally:
            await cancel((self._reading, self._pushing))
            self._figures.state("ended")
        for task in (self._pushing, self._reading):
            if not task.cancelled():
                task.result()

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=self.name)

    async def _read_on(self) -> None:
        attempt = 0
        while not self._stopped:
            self._figures.state("connecting")
            attempt, begun = attempt + 1, self._now()
            try:
                async with aclosing(self._source.events(await self._memory.checkpoint())) as events:
                    async for event in events:
                        await self._accept(event)
            except Away as error:
                if (self._now() - begun).total_seconds() >= self._rhythm.stable_seconds:
                    attempt = 1
                await self._wait(attempt, error)
            else:
                return

    async def _wait(self, attempt: int, error: Away) -> None:
        pause = self._pause(attempt, error)
        self._log.warning("not connected; tries again", error=str(error), seconds=round(pause, 1))
        self._figures.state("waiting")
        await self._sleep(pause)
        self._figures.reconnects.inc()

    def _pause(self, attempt: int, error: Away) -> float:
        rhythm = self._rhythm
        # Whoever said when to come back is heard; a little jitter comes on top, so that not all come back at once.
        jittered = delay_seconds(
            1 if error.after else attempt,
            base_seconds=rhythm.base_seconds,
            cap_seconds=rhythm.cap_seconds,
            random=self._random,
        )
        return (error.after or 0.0) + jittered

    async def _accept(self, event: Event) -> None:
        match event:
            case Connected():
                self._log.info("connected")
                self._figures.state("connected")
            case Ignored(kind=kind):
                self._figures.ignored(kind)
            case Incoming():
                self._figures.received()
                await self._backlog.put(event)
            case Checkpoint():
                await self._backlog.put(event)

    async def _push_on(self) -> None:
        while batch := await self._backlog.take(BATCH_LIMIT):
            await self._push_patiently(batch)

    async def _push_patiently(self, batch: Sequence[Event]) -> None:
        attempt = 0
        while True:
            attempt += 1
            try:
                await self._push(batch)
            except Away as error:
                pause = self._pause(attempt, error)
                self._log.warning("not pushed; tries again", error=str(error), seconds=round(pause, 1))
                self._figures.state("blocked")
                self._figures.push_failures.inc()
                await self._sleep(pause)
            else:
                if attempt > 1:
                    self._figures.state("connected")
                return

    async def _push(self, batch: Sequence[Event]) -> None:
        delivered = [event for event in batch if isinstance(event, Incoming)]
        checkpoints = [event for event in batch if isinstance(event, Checkpoint)]
        fresh = await self._unknown(delivered)
        taken = await self._outlet.push(fresh) if fresh else 0
        if fresh or checkpoints:
            last = checkpoints[-1] if checkpoints else None
            await self._memory.remember([each.identity for each in fresh], last)
        self._figures.pushed(taken=taken, refused=len(fresh) - taken, duplicates=len(delivered) - len(fresh))
        if fresh:
            self._figures.lag(self._now(), max(each.timestamp for each in fresh))

    async def _unknown(self, delivered: Sequence[Incoming]) -> list[Incoming]:
        """The first delivery of each that was not pushed before, in their order."""
        first = {each.identity: each for each in reversed(delivered)}
        known = await self._memory.known(list(first)) if first else ()
        return [each for each in delivered if first[each.identity] is each and each.identity not in known]
