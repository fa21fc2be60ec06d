"""How long to leave Redis alone after it broke off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from structlog.typing import FilteringBoundLogger

from pipeline.backoff import delay_seconds

_BASE_SECONDS, _CAP_SECONDS = 0.1, 2.0


@dataclass(slots=True)
class Patience:
    """Counts the times that Redis broke off in a row; `random` gives numbers in [0, 1)."""

    log: FilteringBoundLogger
    random: Callable[[], float]
    broken: int = 0

    def after(self, error: Exception) -> float:
        """Seconds to wait, which rise from time to time, after `error`, which is said."""
        self.broken += 1
        wait = delay_seconds(
            self.broken, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=self.random
        )
        self.log.warning("Redis broke off; trying again", error=str(error), seconds=round(wait, 3))
        return wait

    def is_served(self) -> None:
        """Redis answered: begin anew."""
        self.broken = 0
