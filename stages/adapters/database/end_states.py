"""What became of each comment, in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import orjson

from pipeline.events import EndState
from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement


class EndStates:
    """Bulk writes of end states, harmless when repeated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, states: Sequence[EndState]) -> None:
        """Write the states; of one comment's the latest stands, with the hops of all, each once; where it was rejected
        before, that hop's facts say why."""
        rounds = list(_rounds(states))
        opened = self._database.autocommit() if len(rounds) == 1 else self._database.transaction()
        async with opened as connection:
            for rows in rounds:
                columns = zip(*(_row(state) for state in rows), strict=True)
                await connection.execute(statement("end_states/record"), *(list(c) for c in columns))


def _rounds(states: Sequence[EndState]) -> Iterator[list[EndState]]:
    """The states in order, cut so that no comment comes twice in one statement (Postgres refuses that)."""
    rows: dict[tuple[object, str], EndState] = {}
    for state in states:
        if (state.comment_id, state.seq) in rows:
            yield list(rows.values())
            rows = {}
        rows[state.comment_id, state.seq] = state
    if rows:
        yield list(rows.values())


def _row(state: EndState) -> tuple[object, ...]:
    # JSON as text: asyncpg would take a list of lists for an array of two dimensions.
    hops = orjson.dumps(state.hops).decode()
    ended_at = datetime.fromtimestamp(state.ended_ms / 1000, UTC)
    return (state.comment_id, state.seq, state.stage, state.outcome, state.reason, hops, ended_at)
