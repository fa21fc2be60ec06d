"""An agent that does the same round again and again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog


class Rounds:
    """Calls `round_` every `every_seconds` until stopped. What `away` names is waited out: the next round finds what
    this one left."""

    def __init__(
        self,
        name: str,
        round_: Callable[[], Awaitable[object]],
        *,
        away: tuple[type[Exception], ...],
        every_seconds: float = 5.0,
    ) -> None:
        self.name = name
        self._round, self._away, self._every_seconds = round_, away, every_seconds
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger()

    def stop(self) -> None:
        """Begin no more rounds."""
        self._stopping.set()

    def release(self) -> None:
        """A round takes no time worth giving back; it ends or is cancelled."""
        self.stop()

    async def run(self) -> None:
        """Do rounds until stopped."""
        while not self._stopping.is_set():
            try:
                await self._round()
            except self._away as error:
                self._log.warning("a round waits", agent=self.name, error=str(error) or type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._every_seconds)
