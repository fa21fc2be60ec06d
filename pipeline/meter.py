"""Tells metrics and log what one stage does on one partition: the same for every engine."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import assert_never

from pipeline import metrics, tracing
from pipeline.decision import Work
from pipeline.failure_log import FailureLog
from pipeline.settlement import Delivery, Onward, Settlement, What

_MOST_LABELS = 40  # of reasons and error classes of a stage: they are constants, and these bound a mistake
OTHER = "other"
_STAYS = ("retried", "put off")  # what has not left its stage
NONE = "none"  # the error class of what was put off without an exception


class StageMeter:
    """`clock` gives epoch seconds. An entry's id begins with the epoch milliseconds at which it was written."""

    def __init__(
        self,
        stage: str,
        partition: int,
        clock: Callable[[], float],
        *,
        is_door: bool = False,
        slots: int = 1,
    ) -> None:
        self._place, self._clock, self._is_door = (stage, str(partition)), clock, is_door
        metrics.HANDLER_SLOTS.labels(*self._place).set(slots)
        self._received = metrics.RECEIVED.labels(*self._place)
        self._done = metrics.DONE.labels(*self._place)
        self._in_flight = metrics.IN_FLIGHT.labels(*self._place)
        self._queue = metrics.QUEUE_SECONDS.labels(*self._place)
        self._handler = metrics.HANDLER_SECONDS.labels(*self._place)
        self._stage = metrics.STAGE_SECONDS.labels(*self._place)
        self._since_comment = metrics.SINCE_COMMENT_SECONDS.labels(*self._place)
        self._known: set[str] = set()
        self._failures = FailureLog(stage, partition)
        # Told as 0 from the beginning: an increase from nothing is none to Prometheus.
        for seldom in (metrics.ENTRIES_LOST, metrics.SETTLES_FENCED, metrics.GROUPS_RECREATED):
            seldom.labels(stage)

    def received(self, deliveries: Collection[Delivery]) -> None:
        """Deliveries were taken in hand."""
        self._received.inc(len(deliveries))
        fresh = [each.entry_id for each in deliveries if each.deliveries == 1 and not each.attempts]
        self._queue.observe_all(self._ages(_written_ms(fresh)))

    def holds(self, count: int) -> None:
        """So many entries are in hand now."""
        self._in_flight.set(count)

    @contextmanager
    def handling(self, works: Sequence[Work]) -> Iterator[None]:
        """Times a call of the handler with these works, also one that fails."""
        begun = time.perf_counter()
        try:
            with tracing.handling(self._place[0], works):
                yield
        finally:
            self._handler.observe(time.perf_counter() - begun)

    def written(self, settlements: Sequence[Settlement]) -> None:
        """Settlements were written; one without an account, which gives an entry back, is not told of."""
        tracing.settled(self._place, settlements, is_door=self._is_door)
        onward = [each for each in settlements if isinstance(each, Onward)]
        happened = Counter([(each.what, each.label) for each in onward])
        received = [each.received_ms for each in onward]
        seqs = [each.envelope.seq for each in onward]
        if len(onward) < len(settlements):
            told = [each.counted for each in settlements if not isinstance(each, Onward) and each.counted]
            happened.update([(each.what, each.label) for each in told])
            self._failures.tell(told)
            received += [each.received_ms for each in told]
            seqs += [each.seq for each in told if each.what not in _STAYS]
        for (what, label), times in happened.items():
            self._count(what, label, times)
        self._stage.observe_all(self._ages(Counter(received)))
        self._since_comment.observe_all(self._ages(_written_ms(seqs)))

    def _count(self, what: What, label: str, times: int) -> None:
        label = self._bounded(label)
        match what:
            case "emitted":
                metrics.EMITTED.labels(*self._place, label).inc(times)
            case "done":
                self._done.inc(times)
            case "dropped":
                metrics.DROPPED.labels(*self._place, label).inc(times)
            case "dead-lettered":
                metrics.DEAD_LETTERS.labels(*self._place, label).inc(times)
            case "retried":
                metrics.RETRIES.labels(*self._place, label).inc(times)
            case "put off":
                metrics.PUT_OFF.labels(*self._place, label).inc(times)
            case _:
                assert_never(what)

    def _bounded(self, label: str) -> str:
        if label not in self._known and len(self._known) >= _MOST_LABELS:
            return OTHER
        self._known.add(label)
        return label or NONE

    def _ages(self, moments_ms: Mapping[int, int]) -> dict[float, int]:
        """How long ago, in seconds, and how often. Redis makes the ids by its own clock, which may be ahead of this
        machine's."""
        now = self._clock()
        ages: Counter[float] = Counter()
        for moment_ms, times in moments_ms.items():
            ages[max(0.0, now - moment_ms / 1000)] += times
        return ages


def _written_ms(entry_ids: Iterable[str]) -> dict[int, int]:
    """When the entries were written (epoch milliseconds), and how many each time."""
    # The ids as one text, of which every second part is a moment: 128 ids take a third of the time of one at a time.
    counts = Counter("-".join(entry_ids).split("-")[::2])
    return {int(moment): times for moment, times in counts.items() if moment}  # no ids: one empty part
