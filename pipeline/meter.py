"""Tells the metrics what one stage does on one partition: the same for every engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

from pipeline import metrics, tracing
from pipeline.decision import Work
from pipeline.settlement import Counted, Delivery

_MOST_LABELS = 40  # of reasons and error classes of a stage: they are constants, and these bound a mistake
OTHER = "other"
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
        for seldom in (metrics.ENTRIES_LOST, metrics.SETTLES_FENCED, metrics.GROUPS_RECREATED):
            seldom.labels(
                stage
            )  # told as 0 from the beginning: an increase from nothing is none to Prometheus

    def received(self, delivery: Delivery) -> None:
        """A delivery was taken in hand."""
        self._received.inc()
        if delivery.deliveries == 1 and not delivery.attempts:
            self._queue.observe(self._seconds_since(_written_ms(delivery.entry_id)))

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

    def written(self, counted: Counted | None) -> None:
        """A settlement was written; one without an account, which gives an entry back, is not told of."""
        if counted is None:
            return
        self._count(counted)
        tracing.settled(self._place, counted, is_door=self._is_door)
        self._stage.observe(self._seconds_since(counted.received_ms))
        if counted.what not in ("retried", "put off"):
            self._since_comment.observe(self._seconds_since(_written_ms(counted.seq)))

    def _count(self, counted: Counted) -> None:
        label = self._bounded(counted.label)
        match counted.what:
            case "emitted":
                metrics.EMITTED.labels(*self._place, label).inc()
            case "done":
                self._done.inc()
            case "dropped":
                metrics.DROPPED.labels(*self._place, label).inc()
            case "dead-lettered":
                metrics.DEAD_LETTERS.labels(*self._place, label).inc()
            case "retried":
                metrics.RETRIES.labels(*self._place, label).inc()
            case "put off":
                metrics.PUT_OFF.labels(*self._place, label).inc()
            case _:
                assert_never(counted.what)

    def _bounded(self, label: str) -> str:
        if label not in self._known and len(self._known) >= _MOST_LABELS:
            return OTHER
        self._known.add(label)
        return label or NONE

    def _seconds_since(self, then_ms: int) -> float:
        # Redis makes the ids by its own clock, which may be ahead of this machine's.
        return max(0.0, self._clock() - then_ms / 1000)


def _written_ms(entry_id: str) -> int:
    return int(entry_id.partition("-")[0])
