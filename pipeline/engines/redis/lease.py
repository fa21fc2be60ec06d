"""Keeps the lease of what a consumer has in hand."""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import ResponseError

from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.streams import StageStream

_RENEWALS = 3  # in a lease: one may fail, or come late


class LeaseKeeper:
    """Renews, with a check of the owner, whatever `consumer` has in hand, however long its handlers take. What the
    consumer has lost is taken out of its hands: the handler is cancelled and writes nothing."""

    def __init__(self, consumer: Consumer, stream: StageStream) -> None:
        self._consumer, self._stream = consumer, stream
        self._log = structlog.get_logger(stream=stream.key)

    async def run(self) -> None:
        """Renew until cancelled. Raises Fenced where another process has taken this one's place."""
        while True:
            await asyncio.sleep(self._stream.lease_seconds / _RENEWALS)
            if self._consumer.is_at_work:
                try:
                    await self.renew()
                except (*REDIS_AWAY, ResponseError) as error:  # the consumer makes a lost group again
                    self._log.warning("leases could not be renewed", error=str(error))

    async def renew(self) -> None:
        """Renew once."""
        renewed = await self._stream.renew(self._consumer.in_hand)
        # What was settled meanwhile is no longer ours either; of what is being settled the settler will hear.
        undecided = self._consumer.undecided
        lost = [entry_id for entry_id in renewed.lost if entry_id in undecided]
        if lost:
            self._log.warning("another consumer owns these entries now; their work ends", ids=lost)
        self._consumer.report_removed(renewed.gone)
        self._consumer.lose([*lost, *renewed.gone])
