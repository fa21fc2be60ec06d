"""Says in a stage's log which attempts failed, and what was given up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import structlog

from pipeline.masking import masked_words
from pipeline.settlement import Counted, Failure, What

FAILED: frozenset[What] = frozenset({"retried", "put off", "dead-lettered"})
"""What happened to an entry that this tells of."""

_LONGEST_REASON = 500  # characters; the dead letter has all of it


class FailureLog:
    """One line for each failure of a stage in a partition, with the comment's id and trace as in the lines that its
    handler logs. Of what waits without an attempt being counted, one line for each error of a batch: while a provider
    is away, all that needs it waits. Nothing is said of what only waits its turn."""

    def __init__(self, stage: str, partition: int) -> None:
        self._log = structlog.get_logger(stage=stage, partition=partition)

    def tell(self, accounts: Iterable[Counted]) -> None:
        """Log those that failed."""
        away: dict[str, list[Counted]] = {}
        for counted in accounts:
            if (failure := counted.failure) is None:
                continue
            if counted.what == "put off":
                away.setdefault(counted.label, []).append(counted)
            elif counted.what == "dead-lettered":
                self._log.error("dead letter", **_facts(counted, failure))
            else:
                due = _time(failure.due_ms)
                self._log.warning(
                    "an attempt failed, and will be repeated", **_facts(counted, failure), due=due
                )
        for error, put_off in away.items():
            self._put_off(error, put_off)

    def _put_off(self, error: str, put_off: list[Counted]) -> None:
        failures = [each.failure for each in put_off if each.failure]
        self._log.warning(
            "put off: what the stage needs is away",
            error=error,
            reason=_reason(failures[0]),
            count=len(failures),
            due=_time(min(failure.due_ms for failure in failures)),
        )


def _facts(counted: Counted, failure: Failure) -> dict[str, str | int]:
    return {
        "comment_id": failure.comment_id,
        "trace": counted.trace,
        "attempt": failure.attempt,
        "error": counted.label,
        "reason": _reason(failure),
    }


def _reason(failure: Failure) -> str:
    """Masked as a viewer's words, which may stand in it; and what no log line can hold is escaped."""
    writable = failure.reason.encode(errors="backslashreplace").decode()
    return masked_words(writable)[:_LONGEST_REASON]


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat(timespec="milliseconds")
