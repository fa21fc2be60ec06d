"""What Prometheus is told about the runtime, and the door through which it asks."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, Counter, start_http_server

from pipeline.settings import RuntimeSettings

NAMESPACE = "tiktoksales"


def _counter(name: str, meaning: str) -> Counter:
    return Counter(name, meaning, ["stage"], namespace=NAMESPACE)


ENTRIES_LOST = _counter("entries_lost", "Entries that were removed from a stream before they were settled")
SETTLES_FENCED = _counter(
    "settles_fenced", "Outcomes not written, since another consumer owned the entry by then"
)
GROUPS_RECREATED = _counter("groups_recreated", "Consumer groups made anew after they were gone")
RETRIES = _counter("retries", "Failures after which an entry was put off to be tried again")
DEAD_LETTERS = _counter("dead_letters", "Entries that were dead-lettered")


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
