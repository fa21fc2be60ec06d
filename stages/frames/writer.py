"""Puts a stream's frames into the frame store."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from pipeline.backoff import delay_seconds
from stages.adapters.frames import FrameStore, UnreachableFrames
from stages.frames.metrics import LAG_SECONDS, LOST, STORED

MOST_WAITING = 256  # what a stream had in store when we connected comes at once
_AT_ONCE = 8
_BASE_SECONDS, _CAP_SECONDS = 0.2, 10.0


class FrameWriter:
    """Stores the frames of one streamer. Times are epoch seconds; `now` gives the present one."""

    def __init__(self, store: FrameStore, streamer: str, now: Callable[[], float]) -> None:
        self._store, self._streamer, self._now = store, streamer, now
        self._waiting: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._log = structlog.get_logger()
        self.stored = 0

    def offer(self, at: float, jpeg: bytes) -> None:
        """Store the frame beside whatever comes next: a live stream does not wait. It is lost where the store fails, or
        where MOST_WAITING wait to be stored already."""
        if len(self._waiting) >= MOST_WAITING:
            self._lose("the frame store is too slow")
            return
        task = asyncio.create_task(self._try(at, jpeg))
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def store(self, at: float, jpeg: bytes, stopping: asyncio.Event) -> None:
        """Store the frame, however often that must be tried, unless `stopping` is set meanwhile."""
        attempt = 0
        while not stopping.is_set():
            try:
                await self._put(at, jpeg)
                return
            except UnreachableFrames as error:
                attempt += 1
                pause = delay_seconds(
                    attempt, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=random.random
                )
                self._log.warning(
                    "the frame store is away; trying again", error=str(error), seconds=round(pause, 2)
                )
                await rest(pause, stopping)

    async def drain(self) -> None:
        """Wait for what is to be stored; the store's own time limit ends each."""
        while self._waiting:
            await asyncio.wait(self._waiting)

    async def _try(self, at: float, jpeg: bytes) -> None:
        async with self._places:
            try:
                await self._put(at, jpeg)
            except UnreachableFrames as error:
                self._lose(str(error))

    async def _put(self, at: float, jpeg: bytes) -> None:
        await self._store.put(self._streamer, datetime.fromtimestamp(at, UTC), jpeg)
        self.stored += 1
        STORED.labels(self._streamer).inc()
        LAG_SECONDS.labels(self._streamer).set(self._now() - at)

    def _lose(self, why: str) -> None:
        LOST.labels(self._streamer).inc()
        self._log.warning("a frame was lost", error=why)


async def rest(seconds: float, stopping: asyncio.Event) -> None:
    """Wait so long, or until `stopping` is set."""
    try:
        await asyncio.wait_for(stopping.wait(), max(0.0, seconds))
    except TimeoutError:
        return
