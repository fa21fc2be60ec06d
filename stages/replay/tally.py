"""Counts how the comments of a run ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from pipeline.events import EndState
from stages.adapters.database.end_states import EndStates
from stages.adapters.database.pool import Database
from stages.order import TOO_OLD


class Tally(EndStates):
    """Records end states, and remembers of each comment the last one."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._ends: dict[tuple[UUID, str], tuple[str, str]] = {}

    async def record(self, states: Sequence[EndState]) -> None:
        """Write the states."""
        await super().record(states)
        for state in states:
            self._ends[state.comment_id, state.seq] = state.outcome, state.reason

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def outcomes(self) -> dict[str, int]:
        """How many comments ended with each outcome."""
        return dict(sorted(Counter(outcome for outcome, _ in self._ends.values()).items()))

    @property
    def too_old(self) -> int:
        """How many claims were too old to be ordered."""
        return sum(reason == TOO_OLD for _, reason in self._ends.values())
