"""The payment stage stands still while the provider refuses our credentials: no order is lost to a wrong key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Gauge

from pipeline.metrics import NAMESPACE

STOPPED = Gauge(
    "payment_stopped", "1 while the payment provider refuses our credentials", namespace=NAMESPACE
)

_log = structlog.get_logger()


class Standstill:
    """Begins when the provider refuses our credentials; then it is asked once in `pause_seconds` whether it still
    does."""

    def __init__(self, now: Callable[[], datetime], pause_seconds: float = 30.0) -> None:
        self._now, self._pause = now, timedelta(seconds=pause_seconds)
        self._until: datetime | None = None

    def remaining_seconds(self) -> float:
        """How long nobody is to call the provider; 0 where it may be called."""
        return max((self._until - self._now()).total_seconds(), 0.0) if self._until else 0.0

    def begin(self, error: Exception) -> float:
        """The provider has refused our credentials: an alarm. Returns for how many seconds it is left alone."""
        STOPPED.set(1)
        _log.error(
            "the payment provider refuses our credentials: payment stands still until STRIPE_API_KEY is right",
            error=str(error),
        )
        self._until = self._now() + self._pause
        return self._pause.total_seconds()

    def end(self) -> None:
        """The provider took a call."""
        if self._until is not None:
            self._until = None
            STOPPED.set(0)
            _log.info("the payment provider takes our credentials again")
