"""Tells Prometheus what is sold today."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline.metrics import NAMESPACE
from pipeline.rounds import Rounds
from stages.adapters.database.sales import Sold


class Sales(Protocol):
    """Who knows what was sold."""

    async def since(self, moment: datetime) -> Sold:
        """Of the orders that were placed since then."""


class SalesWatch(Rounds, Collector):
    """An agent that looks every `interval_seconds`, and the collector that tells. "Today" begins at midnight UTC.
    Gauges, for the database knows the truth also after a restart; while it is away nothing is told."""

    name = "sales"

    def __init__(
        self,
        sales: Sales,
        *,
        now: Callable[[], datetime],
        away: tuple[type[Exception], ...],
        registry: CollectorRegistry = REGISTRY,
        interval_seconds: float = 15.0,
    ) -> None:
        super().__init__(
            every_seconds=interval_seconds, away=away, patience="what was sold can't be looked up"
        )
        self._sales, self._now, self._registry = sales, now, registry
        self._sold: Sold | None = None

    async def run(self) -> None:
        """Look until stopped, and tell meanwhile."""
        self._registry.register(self)
        try:
            await super().run()
        finally:
            self._registry.unregister(self)

    async def round(self) -> bool:
        """Look once. What is raised leaves all unknown until the next time."""
        midnight = self._now().replace(hour=0, minute=0, second=0, microsecond=0)
        try:
            self._sold = await self._sales.since(midnight)
        except BaseException:
            self._sold = None
            raise
        return False

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What is known now. Amounts are in the currency's minor unit."""
        orders = GaugeMetricFamily(
            f"{NAMESPACE}_orders_today", "Orders placed today, by status", labels=["status", "currency"]
        )
        revenue = GaugeMetricFamily(
            f"{NAMESPACE}_revenue_today_minor", "Paid for them and not given back", labels=["currency"]
        )
        commission = GaugeMetricFamily(
            f"{NAMESPACE}_commission_today_minor", "What streamers earn by them", labels=["currency"]
        )
        if (sold := self._sold) is not None:
            for (status, currency), count in sold.orders.items():
                orders.add_metric([status, currency], count)
            for currency, amount in sold.net_minor.items():
                revenue.add_metric([currency], amount)
            for currency, amount in sold.earned_minor.items():
                commission.add_metric([currency], amount)
        yield from (orders, revenue, commission)
