"""Tells Prometheus how much each stage has still to do, and how old it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from pipeline.metrics import NAMESPACE
from pipeline.watch import Watch


@dataclass(frozen=True, slots=True)
class Load:
    """What a stage has to do on one partition. `length` counts the entries of its stream; at the public stream those
    are kept when they are done. `unread` were not given out yet; `lag` is the server's own word for the same, None
    where it doesn't know. Of `retries`, which wait for their time, so many are `due`. `oldest_seconds`: since when the
    oldest unfinished entry lies there, None where nothing is unfinished."""

    length: int
    unread: int
    lag: int | None
    retries: int
    due: int
    oldest_seconds: float | None


class Weigh(Protocol):
    """Looks at the stream of a stage."""

    async def __call__(self, stream: str, stage: str, partition: int) -> Load:
        """The load of `stage`, which reads `stream`, on a partition."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stage on one partition, and the stream it reads there."""

    stage: str
    stream: str
    partition: int


Value = Callable[[Load], float | None]
_GAUGES: Mapping[str, tuple[str, Value]] = {
    "stream_length": ("Entries in a stage's stream", lambda load: load.length),
    "stream_unread": ("Entries that were given to nobody yet", lambda load: load.unread),
    "stream_lag": ("The server's own count of them; absent where it doesn't know", lambda load: load.lag),
    "stream_lag_known": ("Whether the server knows the lag", lambda load: float(load.lag is not None)),
    "retries_waiting": ("Entries that wait to be tried again", lambda load: load.retries),
    "retries_due": ("Those of them whose time has come", lambda load: load.due),
    # What another worker could take: entries that wait for a provider to come back are none of it.
    "backlog": ("Entries that a free worker could take now", lambda load: load.unread + load.due),
    "oldest_unfinished_age_seconds": (
        "Age of the oldest entry that is not finished; 0 where all is",
        lambda load: load.oldest_seconds or 0.0,
    ),
}


class BacklogWatch(Watch[Mapping[Place, Load]]):
    """Looks at every place."""

    name = "backlogs"

    def __init__(
        self,
        weigh: Weigh,
        places: Sequence[Place],
        *,
        away: tuple[type[Exception], ...],
        registry: CollectorRegistry = REGISTRY,
        interval_seconds: float = 5.0,
    ) -> None:
        patience = "the backlogs can't be looked at"
        super().__init__(every_seconds=interval_seconds, away=away, patience=patience, registry=registry)
        self._weigh, self._places = weigh, tuple(places)

    async def look(self) -> Mapping[Place, Load]:
        """The load of every place."""
        return {
            place: await self._weigh(place.stream, place.stage, place.partition) for place in self._places
        }

    def tell(self, known: Mapping[Place, Load]) -> Iterator[GaugeMetricFamily]:
        """Each figure by stage and partition."""
        for name, (meaning, value) in _GAUGES.items():
            family = GaugeMetricFamily(f"{NAMESPACE}_{name}", meaning, labels=["stage", "partition"])
            for place, load in known.items():
                if (figure := value(load)) is not None:
                    family.add_metric([place.stage, str(place.partition)], figure)
            yield family
