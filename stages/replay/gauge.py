"""How far a replay is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pipeline.replay import Fed, Span
from stages.replay.stuck_orders import StuckOrders
from stages.replay.tally import Tally


@dataclass(slots=True)
class Gauge:
    """A replay under way. `bounds` is the span of what there is (None: nothing), `skipped` counts the comments that
    had an end before, `letters` the dead letters once the run is over."""

    fed: Fed
    orders: StuckOrders
    tally: Tally
    bounds: Span | None = None
    skipped: int = 0
    letters: int = 0

    @property
    def begun(self) -> int:
        """Comments and orders that were fed."""
        return self.fed.fed + self.orders.fed

    @property
    def done(self) -> int:
        """Comments and orders that have come to an end."""
        return len(self.tally)

    @property
    def share_read(self) -> float:
        """How much of the time between the first and the last comment is read, 0 to 1."""
        return self.bounds.share(self.fed.position_ms) if self.bounds else 1.0

    def summary(self) -> dict[str, Any]:
        """The sums, as `--json` prints them. `finished` counts by outcome; `unfinished` is what Redis lost on the way:
        replaying again finds it."""
        return {
            "read": self.skipped + self.fed.fed,
            "skipped": self.skipped,
            "fed": self.fed.fed,
            "orders": self.orders.fed,
            "finished": self.tally.outcomes,
            "too_old": self.tally.too_old,
            "dead_lettered": self.letters,
            "unfinished": max(0, self.begun - self.done),
        }
