"""Tells Prometheus what is sold today."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from pipeline.metrics import NAMESPACE
from pipeline.watch import Watch
from schemas.money import exponent_of
from stages.adapters.database.sales import Sold


class Sales(Protocol):
    """Who knows what was sold."""

    async def since(self, moment: datetime) -> Sold:
        """Of the orders that were placed since then."""


class SalesWatch(Watch[Sold]):
    """The day begins at midnight UTC. Gauges, for the database knows the truth also after a restart. Amounts are in
    the currency's whole unit."""

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
        patience = "what was sold can't be looked up"
        super().__init__(every_seconds=interval_seconds, away=away, patience=patience, registry=registry)
        self._sales, self._now = sales, now

    async def look(self) -> Sold:
        """The day so far."""
        return await self._sales.since(self._now().replace(hour=0, minute=0, second=0, microsecond=0))

    def tell(self, known: Sold) -> Iterator[GaugeMetricFamily]:
        """Orders, revenue and commission."""
        orders = GaugeMetricFamily(
            f"{NAMESPACE}_orders_today", "Orders placed today, by status", labels=["status", "currency"]
        )
        for (status, currency), count in known.orders.items():
            orders.add_metric([status, currency], count)
        yield orders
        yield _by_currency("revenue_today", "Paid for them and not given back", known.net_minor)
        yield _by_currency("commission_today", "What streamers earn by them", known.earned_minor)


def _by_currency(name: str, meaning: str, minor: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{NAMESPACE}_{name}", meaning, labels=["currency"])
    for currency, amount in minor.items():
        family.add_metric([currency], amount / 10 ** exponent_of(currency))
    return family
