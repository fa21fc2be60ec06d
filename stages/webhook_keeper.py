"""Delivers events to the shop's own systems, again and again for a day where they don't answer."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import prometheus_client

from pipeline.cancellation import cancel
from pipeline.metrics import NAMESPACE
from pipeline.rounds import Rounds
from stages.adapters.database.webhook_endpoints import TakenDelivery, WebhookEndpoints
from stages.adapters.webhook_sender import NotDelivered, WebhookSender

DELAYS_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800)
"""Before the second attempt, the third, ...: a day in all, then the delivery is dead."""

_AT_ONCE = 32
_PER_ENDPOINT = 4
_LEASE_SECONDS = 60.0  # longer than any attempt takes

DELIVERIES = prometheus_client.Counter(
    "webhook_deliveries",
    "Attempts to deliver an event, by what came of them",
    ["outcome"],
    namespace=NAMESPACE,
)


class WebhookKeeper(Rounds):
    """An agent that tries what is due. The order of events is not kept: each says what it is and when it happened.

    What it takes is leased: dies it in between, another attempt follows, and the receiver knows the event by its id.
    """

    name = "webhooks"

    def __init__(
        self,
        endpoints: WebhookEndpoints,
        sender: WebhookSender,
        *,
        now: Callable[[], datetime],
        random: Callable[[], float],
        away: tuple[type[Exception], ...],
        poll_seconds: float = 1.0,
    ) -> None:
        super().__init__(every_seconds=poll_seconds, away=away, patience="the webhooks wait")
        self._endpoints, self._sender, self._now, self._random = endpoints, sender, now, random
        self._under_way: dict[asyncio.Task[None], TakenDelivery] = {}

    def release(self) -> None:
        """Give up what is under way: its lease runs out."""
        self.stop()
        for task in self._under_way:
            task.cancel()

    async def run(self) -> None:
        """Deliver until stopped; then finish what is under way. What `away` names is waited out."""
        try:
            await super().run()
            await self.finish()
        finally:
            await cancel(set(self._under_way))

    async def round(self) -> bool:
        """Begin what is due."""
        await self.take()
        return False

    async def take(self) -> int:
        """Begin what is due, as far as there is room; returns how many that were."""
        room = _AT_ONCE - len(self._under_way)
        busy = Counter(each.endpoint_id for each in self._under_way.values())
        full = [endpoint for endpoint, count in busy.items() if count >= _PER_ENDPOINT]
        if room <= 0:
            return 0
        now = self._now()
        taken = await self._endpoints.take(now, now + timedelta(seconds=_LEASE_SECONDS), room, full)
        for delivery in taken:
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way[task] = delivery
            task.add_done_callback(self._done)
        return len(taken)

    async def finish(self) -> None:
        """Return once nothing is under way."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))

    def _done(self, task: asyncio.Task[None]) -> None:
        delivery = self._under_way.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out, and it is tried again.
            self._log.error("a webhook attempt failed", delivery=str(delivery.id), error=repr(error))

    async def _deliver(self, delivery: TakenDelivery) -> None:
        try:
            await self._sender.send(delivery)
        except NotDelivered as error:
            await self._put_off(delivery, str(error))
        else:
            await self._endpoints.delivered(delivery, self._now())
            DELIVERIES.labels("delivered").inc()

    async def _put_off(self, delivery: TakenDelivery, error: str) -> None:
        due_at = self._next_attempt(delivery.attempts)
        await self._endpoints.failed(delivery, error, due_at)
        DELIVERIES.labels("failed" if due_at else "dead").inc()
        if due_at is None:
            self._log.error(
                "a webhook is dead", delivery=str(delivery.id), event_type=delivery.event, error=error
            )

    def _next_attempt(self, attempts: int) -> datetime | None:
        """A tenth of jitter keeps those that failed together apart."""
        if attempts > len(DELAYS_SECONDS):
            return None
        return self._now() + timedelta(seconds=DELAYS_SECONDS[attempts - 1] * (1 + self._random() / 10))
