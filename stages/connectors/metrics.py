"""What Prometheus is told about a connector."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from prometheus_client import Counter, Enum, Gauge

from pipeline.metrics import NAMESPACE

State = Literal["connecting", "connected", "waiting", "blocked", "ended"]
STATES: tuple[State, ...] = ("connecting", "connected", "waiting", "blocked", "ended")
KINDS_LIMIT = 100
OTHER = "other"
_WHOSE = ("platform", "streamer")


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"connector_{name}", meaning, [*_WHOSE, *labels], namespace=NAMESPACE)


STATE = Enum(
    "connector_state",
    "What the connector does; waiting: until it connects anew; blocked: its door takes nothing",
    _WHOSE,
    namespace=NAMESPACE,
    states=STATES,
)
LAG = Gauge(
    "connector_lag_seconds",
    "From the platform's time of the last pushed comment until it was pushed",
    _WHOSE,
    namespace=NAMESPACE,
)
RECEIVED = _counter("received", "Comments, retractions and pins that the platform delivered")
PUSHED = _counter("pushed", "Comments, retractions and pins that the door took")
DUPLICATES = _counter("duplicates", "Deliveries of what had been pushed before")
REFUSED = _counter("refused", "Comments that the door refused for good")
IGNORED = _counter("ignored", "Events that are no comments, by the platform's name of their type", "kind")
RECONNECTS = _counter("reconnects", "Connections made anew, or tried to, after one was lost or failed")
PUSH_FAILURES = _counter("push_failures", "Pushes put off since the door or the memory was away")


class Figures:
    """The metrics of one connector."""

    def __init__(self, platform: str, streamer: str) -> None:
        self._whose = (platform, streamer)
        self._kinds: set[str] = set()
        self._state, self._lag = STATE.labels(*self._whose), LAG.labels(*self._whose)
        self._received, self._pushed = RECEIVED.labels(*self._whose), PUSHED.labels(*self._whose)
        self._duplicates, self._refused = DUPLICATES.labels(*self._whose), REFUSED.labels(*self._whose)
        self.reconnects, self.push_failures = (
            RECONNECTS.labels(*self._whose),
            PUSH_FAILURES.labels(*self._whose),
        )

    def state(self, state: State) -> None:
        """Say what it does now."""
        self._state.state(state)

    def received(self) -> None:
        """Count something delivered."""
        self._received.inc()

    def ignored(self, kind: str) -> None:
        """Count an event that is no comment. The kinds come from outside: only so many get a label of their own."""
        if kind not in self._kinds and len(self._kinds) >= KINDS_LIMIT:
            kind = OTHER
        self._kinds.add(kind)
        IGNORED.labels(*self._whose, kind).inc()

    def pushed(self, *, taken: int, refused: int, duplicates: int) -> None:
        """Count what became of a batch."""
        self._pushed.inc(taken)
        self._refused.inc(refused)
        self._duplicates.inc(duplicates)

    def lag(self, now: datetime, newest: datetime) -> None:
        """Say how old the newest pushed comment was; a platform's clock may be ahead of ours."""
        self._lag.set(max((now - newest).total_seconds(), 0.0))
