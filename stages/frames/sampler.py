"""The agent that watches a stream, or plays a video, and stores frames of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import structlog

from pipeline.backoff import delay_seconds
from stages.frames.daemon import in_background
from stages.frames.failure import FootageAway
from stages.frames.footage import Footage, Shot
from stages.frames.live_times import LiveTimes
from stages.frames.metrics import CONNECTED, RECONNECTS, REPEATED
from stages.frames.sampling import Sampling
from stages.frames.writer import FrameWriter, rest

_BASE_SECONDS, _CAP_SECONDS = 1.0, 30.0
T = TypeVar("T")


class Sampler:
    """Ends with a recorded video; a live stream is connected to again, after a growing pause, whenever it breaks off
    or ends. What a stream shows again after a reconnect is not stored twice."""

    name = "frames"

    def __init__(
        self,
        sampling: Sampling,
        writer: FrameWriter,
        *,
        now: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._sampling, self._writer, self._now, self._random = sampling, writer, now, random
        self._stopping = asyncio.Event()
        self._last = float("-inf")  # when the newest frame was shot
        self._begun = sampling.starts_at
        self._log = structlog.get_logger(streamer=sampling.streamer)

    def stop(self) -> None:
        """Read no more."""
        self._stopping.set()

    def release(self) -> None:
        """Nothing is in hand that another could take."""
        self.stop()

    async def run(self) -> None:
        """Watch until stopped, or to the end of a recorded video. Raises UnreadableFootage."""
        failures = 0
        while not self._stopping.is_set():
            newest = self._last
            try:
                if await self._watch():
                    break
                why = "the stream ended"
            except FootageAway as error:
                why = str(error)
            failures = 1 if self._last > newest else failures + 1
            await self._pause(failures, why)
        await self._writer.drain()

    async def _watch(self) -> bool:
        """Connect, and read until it breaks off. Says whether a recorded video was read to its end."""
        sampling, connected = self._sampling, CONNECTED.labels(self._sampling.streamer)
        connected.set(0)
        footage = await self._until_stopped(lambda: Footage(sampling.source, sampling.fps, self._now))
        if footage is None:
            return False
        try:
            connected.set(1)
            self._log.info("connected", live=footage.is_live)
            await (self._follow(footage) if footage.is_live else self._play(footage))
            return not footage.is_live
        finally:
            connected.set(0)
            in_background(footage.close)

    async def _follow(self, footage: Footage) -> None:
        times = LiveTimes()
        try:
            while not self._stopping.is_set():
                coming = in_background(footage.next)
                while not await self._has_come(coming, times.held_for(self._now())):
                    self._offer(times.rest())
                if (shot := self._of(coming)) is None:
                    return
                self._offer(times.add(shot, self._now()))
        finally:
            self._offer(times.rest())

    async def _play(self, footage: Footage) -> None:
        first: float | None = None
        while (shot := await self._until_stopped(footage.next)) is not None:
            first = shot.seconds if first is None else first
            if self._begun is None:
                self._begun = self._now()
            at = self._begun + shot.seconds - first
            if self._sampling.starts_at is None:
                await rest(at - self._now(), self._stopping)
            if self._is_new(at):
                await self._writer.store(at, shot.jpeg, self._stopping)

    async def _until_stopped(self, call: Callable[[], T | None]) -> T | None:
        """What a blocking call answers; None once stopped, whatever it still waits for."""
        answer = in_background(call)
        await self._has_come(answer)
        return self._of(answer)

    async def _has_come(self, answer: asyncio.Future[T], within: float | None = None) -> bool:
        """Whether the answer, or the stop, has come within so many seconds."""
        stopped = asyncio.create_task(self._stopping.wait())
        waiting: set[asyncio.Future[Any]] = {answer, stopped}
        try:
            done, _ = await asyncio.wait(waiting, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            return bool(done)
        finally:
            stopped.cancel()

    def _of(self, answer: asyncio.Future[T | None]) -> T | None:
        if self._stopping.is_set():
            answer.cancel()
            return None
        return answer.result()

    def _offer(self, shots: Iterable[tuple[float, Shot]]) -> None:
        for at, shot in shots:
            shot_at = at - self._sampling.latency_seconds
            if self._is_new(shot_at):
                self._writer.offer(shot_at, shot.jpeg)

    def _is_new(self, at: float) -> bool:
        if at <= self._last + 0.5 / self._sampling.fps:
            REPEATED.labels(self._sampling.streamer).inc()
            return False
        self._last = at
        return True

    async def _pause(self, failures: int, why: str) -> None:
        if self._stopping.is_set():
            return
        pause = delay_seconds(
            failures, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=self._random
        )
        self._log.warning("connecting again", error=why, seconds=round(pause, 2))
        await rest(pause, self._stopping)
        RECONNECTS.labels(self._sampling.streamer).inc()
