"""What Prometheus is told about a stream's frames."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from pipeline.metrics import NAMESPACE


def _counter(name: str, meaning: str) -> Counter:
    return Counter(f"frames_{name}", meaning, ["streamer"], namespace=NAMESPACE)


def _gauge(name: str, meaning: str) -> Gauge:
    return Gauge(f"frames_{name}", meaning, ["streamer"], namespace=NAMESPACE)


STORED = _counter("stored", "Frames that were stored")
LOST = _counter("lost", "Frames of a live stream that the frame store could not take in time")
REPEATED = _counter("repeated", "Pictures that were shown again after a reconnect, and not stored twice")
DELETED = _counter("deleted", "Frames deleted since they were older than --keep")
RECONNECTS = _counter("reconnects", "Connections made after the first one")
CONNECTED = _gauge("connected", "1 while the stream is being read, else 0")
LAG_SECONDS = _gauge("lag_seconds", "How long before it was stored the newest frame was shot")
