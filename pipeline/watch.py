"""What is looked at every few seconds, and told to Prometheus whenever it asks."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Generic, TypeVar

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pipeline.rounds import Rounds

T = TypeVar("T")


class Watch(Rounds, Collector, Generic[T]):
    """An agent that looks every `every_seconds`, and the collector that tells. What is not known, before the first
    look and while one raises, is not told: an absent metric, not a 0."""

    def __init__(
        self,
        *,
        every_seconds: float,
        away: tuple[type[Exception], ...],
        patience: str,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        super().__init__(every_seconds=every_seconds, away=away, patience=patience)
        self._registry = registry
        self._known: T | None = None

    @abstractmethod
    async def look(self) -> T:
        """Look once."""

    @abstractmethod
    def tell(self, known: T) -> Iterable[GaugeMetricFamily]:
        """What was seen, as metrics. Prometheus asks from another thread."""

    async def run(self) -> None:
        """Look until stopped, and tell meanwhile."""
        self._registry.register(self)
        try:
            await super().run()
        finally:
            self._registry.unregister(self)

    async def round(self) -> bool:
        """Look. What is raised leaves all unknown until the next time."""
        try:
            self._known = await self.look()
        except BaseException:
            self._known = None
            raise
        return False

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What is known now."""
        known = self._known
        return () if known is None else self.tell(known)
