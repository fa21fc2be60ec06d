"""Brings entries back to a consumer: retries that are due, and what dead owners left behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog
from redis.exceptions import ResponseError

from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.streams import StageStream, Taken

_TICK_SECONDS = 0.2
_SEARCHES = 4  # in a lease
_UNSEEN_SECONDS = 24 * 3600.0  # after which a consumer that holds nothing is forgotten


class Reclaimer:
    """Serves one consumer. Waiting for a retry occupies none of its slots: entries come only as slots are free."""

    def __init__(self, consumer: Consumer, stream: StageStream, *, clock: Callable[[], float]) -> None:
        self._consumer, self._stream, self._clock = consumer, stream, clock
        self._log = structlog.get_logger(stream=stream.key)

    async def run(self) -> None:
        """Look every tick until cancelled. Raises Fenced where another process has taken this one's place."""
        between = self._stream.lease_seconds / _SEARCHES
        next_search = time.monotonic() + between
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            if not self._consumer.is_at_work:
                continue
            try:
                async with self._consumer.before_the_reader():
                    await self.bring_due()
                    if time.monotonic() >= next_search and await self.bring_orphans():
                        await self.forget_consumers()
                        next_search = time.monotonic() + between
            except (*REDIS_AWAY, ResponseError) as error:  # the consumer makes a lost group again
                self._consumer.recover_soon()
                self._log.warning("looking for entries to bring back failed", error=str(error))

    async def bring_due(self) -> None:
        """Bring the retries that are due, as far as there is room."""
        if self._consumer.free > 0:
            now_ms = int(self._clock() * 1000)
            self._bring(await self._stream.due(now_ms, self._consumer.free, self._consumer.postponed))

    async def bring_orphans(self) -> bool:
        """Bring what dead owners hold: on from where the last search ended, to the end or until there is no room, so
        that old entries get their turn however many fresh ones there are. Says whether it came to the end."""
        while self._consumer.free > 0:
            taken = await self._stream.orphans(self._consumer.free)
            self._bring(taken)
            if not taken.where:
                return True
        return False

    async def forget_consumers(self) -> None:
        """Remove consumers that are gone for good: names should be stable, but who holds to that?"""
        for name in await self._stream.forget_consumers(_UNSEEN_SECONDS):
            self._log.info("a consumer that nobody has seen for a day is forgotten", consumer=name)

    def _bring(self, taken: Taken) -> None:
        self._consumer.accept(taken.deliveries)
        self._consumer.report_removed(taken.gone)
