"""Entries that wait for a later time."""

from __future__ import annotations

from dataclasses import dataclass

MOST_DELAYS = 1000  # of one entry; with the longest default backoff that is 16 hours


class NeverIdle(Exception):
    """An entry is put off again and again without coming to an end."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__(
            f"The stage {waiting.stage} has put entry {waiting.entry_id} off {MOST_DELAYS} times, and it still "
            "waits: let a chosen time pass with `advance`, or change what it waits for."
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that was put off until `due_ms` (epoch milliseconds), after `attempts` failures."""

    stage: str
    partition: int
    entry_id: str
    due_ms: int
    attempts: int
