"""Starts agents and stops them in order."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import Protocol

import structlog

from pipeline.cancellation import cancel
from pipeline.collector import patient_collector

_RELEASE_SECONDS = 5.0


class Agent(Protocol):
    """Something that works until it is asked to stop."""

    @property
    def name(self) -> str:
        """What the logs call it."""

    def stop(self) -> None:
        """Take nothing new; `run` returns once what is in hand is finished."""

    def release(self) -> None:
        """Finish nothing more; `run` gives back what is in hand, and returns soon."""

    async def run(self) -> None:
        """Work. Cancelling it leaves what is in hand to whoever comes next."""


class Worker:
    """Runs agents in one process until SIGTERM or SIGINT.

    Shutdown order: every agent stops taking new work; what is in hand is finished within `drain_seconds`; the rest
    is released at once, for others to go on with; who can't even do that is cancelled, and its leases run out; then
    the caller closes connections. An agent that fails takes the worker down:
    whoever supervises the process starts it anew.
    """

    def __init__(self, agents: Sequence[Agent], drain_seconds: float) -> None:
        self._agents, self._drain_seconds = agents, drain_seconds
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger(agents=[agent.name for agent in agents])

    def stop(self) -> None:
        """Begin the shutdown."""
        self._stopping.set()

    async def run(self) -> None:
        """Work until stopped. Raises what a failing agent raised."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        tasks = {asyncio.create_task(agent.run(), name=agent.name) for agent in self._agents}
        stop = asyncio.create_task(self._stopping.wait())
        try:
            self._log.info("started")
            with patient_collector():
                await asyncio.wait({*tasks, stop}, return_when=asyncio.FIRST_COMPLETED)
                await self._drain(tasks)
        finally:
            stop.cancel()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)

    async def _drain(self, tasks: set[asyncio.Task[None]]) -> None:
        for agent in self._agents:
            agent.stop()
        _, unfinished = await asyncio.wait(tasks, timeout=self._drain_seconds)
        if unfinished:
            self._log.warning("not drained in time; the rest is released", agents=_names(unfinished))
            for agent in self._agents:
                agent.release()
            _, unfinished = await asyncio.wait(unfinished, timeout=_RELEASE_SECONDS)
        if unfinished:
            self._log.warning("not released in time; leases run out by themselves", agents=_names(unfinished))
        await cancel(unfinished)
        for task in tasks:
            if not task.cancelled():
                task.result()
        self._log.info("stopped")


def _names(tasks: set[asyncio.Task[None]]) -> list[str]:
    return [task.get_name() for task in tasks]
