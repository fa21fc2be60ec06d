"""What Prometheus is told about the runtime, and the door through which it asks."""

from __future__ import annotations

import errno
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from pipeline.settings import RuntimeSettings

NAMESPACE = "tiktoksales"


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0, 600.0)
"""Bounds of every histogram of times: the promises (a post 100 ms, a queue 50 ms, intent and payment 2 s, vision 5 s,
order 500 ms) are among them, so that what is above each can be counted."""


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(name, meaning, ["stage", *labels], namespace=NAMESPACE)


class Distribution(Histogram):
    """A histogram that also takes many observations at once."""

    def observe_all(self, amounts: Mapping[float, int]) -> None:
        """Observe each amount so many times."""
        counts: dict[int, int] = {}
        for amount, times in amounts.items():
            place = bisect_left(self._upper_bounds, amount)
            counts[place] = counts.get(place, 0) + times
        for place, times in counts.items():
            self._buckets[place].inc(times)
        self._sum.inc(sum(amount * times for amount, times in amounts.items()))


def _seconds(name: str, meaning: str) -> Distribution:
    labels = ["stage", "partition"]
    return Distribution(f"{name}_seconds", meaning, labels, namespace=NAMESPACE, buckets=SECONDS)


ENTRIES_LOST = _counter("entries_lost", "Entries that were removed from a stream before they were settled")
SETTLES_FENCED = _counter(
    "settles_fenced", "Outcomes not written, since another consumer owned the entry by then"
)
GROUPS_RECREATED = _counter("groups_recreated", "Consumer groups made anew after they were gone")
RECEIVED = _counter("received", "Deliveries taken in hand, repeated ones too", "partition")
EMITTED = _counter("emitted", "Records written to the next stage", "partition", "to")
DONE = _counter("done", "Comments that came to their good end", "partition")
DROPPED = _counter("dropped", "Entries that ended at a stage, by reason", "partition", "reason")
RETRIES = _counter(
    "retries", "Failures after which an entry was put off to be tried again", "partition", "error"
)
PUT_OFF = _counter("put_off", "Entries that wait without a failure being counted", "partition", "error")
DEAD_LETTERS = _counter("dead_letters", "Entries that were dead-lettered", "partition", "error")
IN_FLIGHT = Gauge(
    "in_flight", "Entries in hand: handled, or about to be", ["stage", "partition"], namespace=NAMESPACE
)
ARCHIVE_BEHIND_SECONDS = Gauge(
    "archive_behind_seconds",
    "How far the archive is behind the replay window: what lies between can't be trimmed",
    ["stream"],
    namespace=NAMESPACE,
)
HANDLER_SLOTS = Gauge(
    "handler_slots",
    "Calls of the handler that may be under way at a time",
    ["stage", "partition"],
    namespace=NAMESPACE,
)
QUEUE_SECONDS = _seconds("queue", "From an entry's being written to its first being taken in hand")
HANDLER_SECONDS = _seconds("handler", "One call of a stage's handler, which may be for a batch")
STAGE_SECONDS = _seconds("stage", "From taking an entry in hand to its outcome being written")
SINCE_COMMENT_SECONDS = _seconds(
    "since_comment", "From the comment's entry in comments_stream to the stage's outcome being written"
)


class MetricsNotServed(Exception):
    """/metrics can't be served where METRICS_HOST and METRICS_PORT say."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        taken = error.errno == errno.EADDRINUSE
        hint = "Every process on a machine needs a METRICS_PORT of its own; 0 serves none." if taken else ""
        super().__init__(
            f"/metrics can't be served on {host}:{port}: {error.strerror or error}. {hint}".rstrip()
        )


@contextmanager
def serving_metrics(settings: RuntimeSettings, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Serve `registry` at /metrics until the block ends, if METRICS_PORT asks for it. Raises MetricsNotServed."""
    host, port = settings.metrics_host, settings.metrics_port
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise MetricsNotServed(host, port, error) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
