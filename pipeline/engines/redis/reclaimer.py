"""Brings entries back to a consumer: retries that are due, and what dead owners left behind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from redis.exceptions import ResponseError

from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.streams import StageStream

_TICK_SECONDS = 0.2


class Reclaimer:
    """Serves one consumer. Waiting for a retry occupies none of its slots: entries come only as slots are free."""

    def __init__(
        self, consumer: Consumer, stream: StageStream, *, lease_seconds: float, clock: Callable[[], float]
    ) -> None:
        self._consumer, self._stream, self._clock = consumer, stream, clock
        self._lease_seconds = lease_seconds
        self._log = structlog.get_logger(stream=stream.key)

    async def run(self) -> None:
        """Look every tick until cancelled."""
        next_search = self._clock() + self._lease_seconds / 4
        while True:
            await asyncio.sleep(_TICK_SECONDS)
            try:
                await self._bring_due()
                if self._clock() >= next_search:
                    await self._bring_orphans()
                    next_search = self._clock() + self._lease_seconds / 4
            except (*REDIS_AWAY, ResponseError) as error:  # the consumer makes a lost group again
                self._log.warning("looking for entries to bring back failed", error=str(error))

    async def _bring_due(self) -> None:
        if self._consumer.free > 0:
            entries, gone = await self._stream.due(int(self._clock() * 1000), self._consumer.free)
            self._consumer.accept(entries)
            self._consumer.report_lost(gone)

    async def _bring_orphans(self) -> None:
        if self._consumer.free > 0:
            entries, gone = await self._stream.orphans(int(self._lease_seconds * 1000), self._consumer.free)
            self._consumer.accept(entries)
            self._consumer.report_lost(gone)
