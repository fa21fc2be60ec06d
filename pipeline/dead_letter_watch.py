"""Counts the dead letters for Prometheus: how many of each stage and error class, and how old the oldest is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from pipeline.metrics import NAMESPACE
from pipeline.tombstone import TRIMMED
from pipeline.watch import Watch

REJECTED = "rejected"  # a stage said no, without an exception
OTHER = "other"
RUNTIME_ERRORS = frozenset(
    {
        "AssertionError", "AttributeError", "ConnectionError", "CrashLoop", "IndexError", "KeyError", "OSError",
        "RuntimeError", "TimeoutError", "TypeError", "UnreadableRecord", "ValidationError", "ValueError",
        "ZeroDivisionError", REJECTED, TRIMMED,
    }
)  # fmt: skip
"""Error classes that any stage may end with. A label knows these, and those it was given; else it says `other`."""


@dataclass(frozen=True, slots=True)
class Count:
    """So many dead letters of a stage and error class; `oldest_ms`: when the first of them came (epoch)."""

    stage: str
    error: str
    count: int
    oldest_ms: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page of one partition's dead letters, counted. `last` is the id after which the next one begins, '' where the
    page is empty; `length` is how many letters there are, on all pages."""

    last: str
    length: int
    counts: tuple[Count, ...]


class CountPage(Protocol):
    """Counts dead letters where they lie."""

    async def __call__(self, partition: int, after: str) -> Page:
        """The page of the partition after the id `after` ('': the first page)."""


@dataclass(frozen=True, slots=True)
class _Tally:
    """What was counted of one partition, up to the id `last`."""

    last: str = ""
    counts: Mapping[tuple[str, str], Count] = field(default_factory=dict)

    def plus(self, page: Page) -> _Tally:
        counts = dict(self.counts)
        for new in page.counts:
            old = counts.get((new.stage, new.error))
            if old:
                new = Count(new.stage, new.error, old.count + new.count, min(old.oldest_ms, new.oldest_ms))
            counts[new.stage, new.error] = new
        return _Tally(page.last or self.last, counts)

    @property
    def total(self) -> int:
        return sum(each.count for each in self.counts.values())


class DeadLetterWatch(Watch[tuple[Count, ...]]):
    """Counts every `interval_seconds`. What came since the last time is added; only where letters were taken away is a
    partition counted anew.

    Labels are bounded: stages of `stages`, errors of RUNTIME_ERRORS and `errors`, else `other`. `clock` gives epoch
    seconds.
    """

    name = "watch"

    def __init__(
        self,
        count_page: CountPage,
        *,
        partitions: int,
        stages: Iterable[str],
        errors: Collection[str],
        away: tuple[type[Exception], ...],
        clock: Callable[[], float],
        registry: CollectorRegistry = REGISTRY,
        interval_seconds: float = 10.0,
    ) -> None:
        patience = "the dead letters can't be counted"
        super().__init__(every_seconds=interval_seconds, away=away, patience=patience, registry=registry)
        self._count_page, self._stages, self._errors = count_page, tuple(stages), RUNTIME_ERRORS | set(errors)
        self._clock = clock
        self._tallies = [_Tally() for _ in range(partitions)]
        self._told = frozenset((stage, OTHER) for stage in self._stages)

    async def look(self) -> tuple[Count, ...]:
        """Count."""
        for partition, tally in enumerate(self._tallies):
            self._tallies[partition] = await self._counted_on(partition, tally)
        return self._labelled()

    def tell(self, known: tuple[Count, ...]) -> Iterator[GaugeMetricFamily]:
        """Once told, a label set is told as 0 when its letters are gone."""
        waiting = GaugeMetricFamily(
            f"{NAMESPACE}_dead_letters_waiting", "Dead letters that lie there", labels=["stage", "error"]
        )
        oldest = GaugeMetricFamily(
            f"{NAMESPACE}_dead_letters_oldest_age_seconds", "Age of the oldest dead letter", labels=["stage"]
        )
        numbers, first_ms = _summed(known)
        for kind in sorted(self._told):
            waiting.add_metric(kind, numbers[kind])
        for stage, oldest_ms in first_ms.items():
            oldest.add_metric([stage], max(0.0, self._clock() - oldest_ms / 1000))
        yield waiting
        yield oldest

    async def _counted_on(self, partition: int, tally: _Tally) -> _Tally:
        length, further = await self._walk(partition, tally)
        if further.total != length:  # some of those counted were taken away
            _, further = await self._walk(partition, _Tally())
        return further

    async def _walk(self, partition: int, tally: _Tally) -> tuple[int, _Tally]:
        while True:
            page = await self._count_page(partition, tally.last)
            if not page.last:
                return page.length, tally
            tally = tally.plus(page)

    def _labelled(self) -> tuple[Count, ...]:
        counted = []
        for tally in self._tallies:
            for each in tally.counts.values():
                stage = each.stage if each.stage in self._stages else OTHER
                error = each.error or REJECTED
                error = error if error in self._errors else OTHER
                counted.append(Count(stage, error, each.count, each.oldest_ms))
        # Replaced, not changed: Prometheus asks from another thread.
        self._told |= {(each.stage, each.error) for each in counted}
        return tuple(counted)


def _summed(counted: Iterable[Count]) -> tuple[Counter[tuple[str, str]], dict[str, int]]:
    numbers: Counter[tuple[str, str]] = Counter()
    first_ms: dict[str, int] = {}
    for each in counted:
        numbers[each.stage, each.error] += each.count
        first_ms[each.stage] = min(first_ms.get(each.stage, each.oldest_ms), each.oldest_ms)
    return numbers, first_ms
