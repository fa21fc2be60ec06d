"""Work that is done in rounds, with a pause between them."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable

import structlog


class Rounds(ABC):
    """An agent that does a round every `every_seconds` until it is stopped. A round that raises what `away` names is
    said, as `patience`, and waited out; whatever else it raises ends the agent."""

    name: str

    def __init__(self, *, every_seconds: float, away: tuple[type[Exception], ...], patience: str) -> None:
        self._every_seconds, self._away, self._patience = every_seconds, away, patience
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger()

    @abstractmethod
    async def round(self) -> bool:
        """Do one. Says whether the next one is to follow at once."""

    def stop(self) -> None:
        """Begin no more rounds."""
        self._stopping.set()

    def release(self) -> None:
        """A round takes no time worth giving back; it ends or is cancelled."""
        self.stop()

    async def run(self) -> None:
        """Do rounds until stopped."""
        while not self._stopping.is_set():
            if not await self.once():
                await self._rest()

    async def once(self) -> bool:
        """Do one round, or say that it must wait. Says whether the next one is to follow at once."""
        try:
            return await self.round()
        except self._away as error:
            self._log.warning(self._patience, error=str(error) or type(error).__name__)
            return False

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), self._every_seconds)


class Errand(Rounds):
    """Rounds of one function, which finds in each what the one before left."""

    def __init__(
        self,
        name: str,
        errand: Callable[[], Awaitable[object]],
        *,
        away: tuple[type[Exception], ...],
        every_seconds: float = 5.0,
    ) -> None:
        super().__init__(every_seconds=every_seconds, away=away, patience=f"the {name} wait")
        self.name, self._errand = name, errand

    async def round(self) -> bool:
        """Do it."""
        await self._errand()
        return False
