"""Plain replay: what has no end is brought to one, in a run of its own beside the live one."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline.cancellation import cancel
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.isolated_run import IsolatedRun, RunRegister, run_keys
from pipeline.engines.redis.keys import Keys
from pipeline.replay import Feeder, History, PastEntry, Tempo
from pipeline.stage import Stage
from pipeline.worker import Agent, Worker
from stages.adapters.database.history import Past, StoredComments
from stages.backbone import DOOR
from stages.projector import project
from stages.replay.failure import ReplayInterrupted
from stages.replay.gauge import Gauge
from stages.replay.live_past import LivePast, open_past, run_settings
from stages.replay.request import Request
from stages.replay.selection import Unended
from stages.replay.stored_door import stored_door
from stages.replay.stuck_orders import StuckOrders
from stages.replay.tally import Tally
from stages.settings import ShopSettings
from stages.wiring import STAGES, Wiring

_PROJECTOR = "projector"

Watch = Callable[[Gauge], AbstractContextManager[object]]
"""Shows a gauge while its block lasts."""


async def repair(settings: ShopSettings, request: Request, run_id: str, watch: Watch) -> Gauge:
    """Bring to an end what has none within the request's span; returns how far it came.

    The run has keys, consumers and streams of its own below `run_id`, and shares the database with the live run:
    all effects are idempotent on derived ids, so what is also under way there comes to no harm. Its dead letters go to
    the live ones, its keys are deleted. The stages, and what they load, are made once there is something to do. Raises
    ReplayInterrupted on SIGINT and SIGTERM, what Wiring.open raises, and what ends a stage.
    """
    live = Keys(settings.key_prefix)
    own = run_settings(settings, run_keys(live, run_id).prefix, f"replay-{run_id}")
    async with Wiring.open(own) as wiring, open_past(settings, wiring.redis, request.streamer) as past:
        tally, run = Tally(wiring.database), _run(wiring)
        register = RunRegister(wiring.redis, live)

        def agents() -> list[Agent]:
            stages = _stages(wiring, request, tally)
            return [agent for stage in stages for agent in agents_of(stage, wiring.redis, own)]

        async with register.entered(run_id):
            replay = _Replay(wiring, past, request, run, tally)
            with watch(replay.gauge):
                await _work(agents, replay.feed(), run.begun, own.drain_seconds)
        replay.gauge.letters = register.saved_letters
        await past.take_letters()
        return replay.gauge


class _Replay:
    """Feeds a run, and keeps the gauge."""

    def __init__(
        self, wiring: Wiring, live: LivePast, request: Request, run: IsolatedRun, tally: Tally
    ) -> None:
        self._request, self._run = request, run
        past, tempo = Past(wiring.database), Tempo(request.speed, time.monotonic)
        self._stored = StoredComments(wiring.database, request.streamer, ended=False)
        self._unended = Unended(past, wiring.sources, request.streamer)
        self._history: History = self._stored if request.from_database else live.history
        choose = _all if request.from_database else self._choose
        self._feeder = Feeder(self._history, run, choose, tempo)
        partitions = wiring.settings.partitions
        orders = StuckOrders(past, live.letters, request.streamer, partitions)
        self.gauge = Gauge(self._feeder.fed, orders, tally)

    async def feed(self) -> None:
        """Feed everything, and wait until the run is through with it."""
        span = self._request.span
        self.gauge.bounds = await self._history.bounds(span)
        if self._request.from_database:
            self.gauge.skipped = await self._stored.count_ended(span)
        await self._feeder.feed(span)
        if self._request.from_database:
            await self.gauge.orders.feed(span, self._run)
        await self._feeder.drained()

    async def _choose(self, page: Sequence[PastEntry]) -> Sequence[PastEntry]:
        chosen = await self._unended.choose(page)
        self.gauge.skipped = self._unended.skipped
        return chosen


async def _all(page: Sequence[PastEntry]) -> Sequence[PastEntry]:
    return page


def _stages(wiring: Wiring, request: Request, tally: Tally) -> list[Stage[Any]]:
    """The stages as configured, but that the tally counts their ends, and that the door is another one where the
    entries come from the database."""
    stages = {name: make(wiring) for name, make in STAGES.items()}
    if request.from_database:
        stages[DOOR] = replace(stages[DOOR], door=stored_door())
    stages[_PROJECTOR] = replace(stages[_PROJECTOR], batch=partial(project, store=tally))
    return list(stages.values())


def _run(wiring: Wiring) -> IsolatedRun:
    behind = [name for name in STAGES if name not in (DOOR, _PROJECTOR)]
    partitions = wiring.settings.partitions
    return IsolatedRun(wiring.redis, wiring.keys, partitions=partitions, door=DOOR, stages=behind)


async def _work(
    agents: Callable[[], Sequence[Agent]],
    feeding: Coroutine[Any, Any, None],
    begun: asyncio.Event,
    drain_seconds: float,
) -> None:
    """Feed, with the agents at work once it has `begun`. Raises what either raises, and ReplayInterrupted where a
    signal came before the feeding was over; in any case none of them is at work afterwards."""
    fed = asyncio.create_task(feeding)
    with _interruptible() as asked:
        begins, stops = asyncio.create_task(begun.wait()), asyncio.create_task(asked.wait())
        try:
            await asyncio.wait({fed, begins, stops}, return_when=asyncio.FIRST_COMPLETED)
            if begins.done() and not fed.done():
                await _work_until({fed, stops}, Worker(agents(), drain_seconds))
            if not fed.done():
                raise ReplayInterrupted
            fed.result()
        finally:
            await cancel([fed, begins, stops])


async def _work_until(over: Collection[asyncio.Task[Any]], worker: Worker) -> None:
    """Run the worker until one of these is over, or it ends by itself."""
    working = asyncio.create_task(worker.run())
    try:
        await asyncio.wait({working, *over}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        worker.stop()
        await working


@contextmanager
def _interruptible() -> Iterator[asyncio.Event]:
    """Set by SIGINT and SIGTERM, while no worker listens to them."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
