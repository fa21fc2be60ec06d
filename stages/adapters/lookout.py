"""Sees to it that frames have been looked at before anybody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from pipeline.cancellation import cancel


class Lookout:
    """While claims come in under a streamer, `look` is called every `every_seconds` with the streamer's handle; it ends
    `watch_seconds` after the last claim. The first claims of a show still wait for their frames; those after them find
    them seen: viewers see the stream some seconds late, and frames lie in the store before."""

    def __init__(
        self,
        look: Callable[[str], Awaitable[None]],
        *,
        watch_seconds: float,
        every_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._look, self._clock = look, clock
        self._watch_seconds, self._every_seconds = watch_seconds, every_seconds
        self._claimed: dict[str, float] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._log = structlog.get_logger()

    def claimed(self, streamer: str) -> None:
        """A claim came in under this streamer."""
        self._claimed[streamer] = self._clock()
        if streamer not in self._watches:
            self._watches[streamer] = asyncio.create_task(self._watch(streamer))

    @property
    def watched(self) -> frozenset[str]:
        """Who is watched now."""
        return frozenset(self._watches)

    async def close(self) -> None:
        """Watch nobody any more."""
        await cancel(list(self._watches.values()))

    async def _watch(self, streamer: str) -> None:
        try:
            while self._clock() - self._claimed[streamer] < self._watch_seconds:
                try:
                    await self._look(streamer)
                except Exception as error:  # whoever needs the frame meets the same fault, and answers for it
                    self._log.debug("not looked ahead", streamer=streamer, error=repr(error))
                await asyncio.sleep(self._every_seconds)
        finally:
            del self._watches[streamer], self._claimed[streamer]
