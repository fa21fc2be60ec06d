"""The audit trail: what became of a comment, and of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """Everything that is known of one comment, from its message to the messages about its order."""

    comment: Row | None
    match: Row | None
    order: Row | None
    notifications: list[Row]
    ends: list[Row]


@dataclass(frozen=True, slots=True)
class Totals:
    """How far all comments came. Latencies (message to order) are milliseconds, None without an order."""

    intents: int
    matched: int
    orders: int
    paid: int
    notified: int
    ended: int
    dropped: int
    drops: dict[str, int]
    by_intent: dict[str, int]
    p50_ms: float | None
    p99_ms: float | None


class Trail:
    """Reads only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def comment_of(self, order_number: str) -> UUID | None:
        """The comment that made an order."""
        async with self._database.transaction() as connection:
            found: UUID | None = await connection.fetchval(statement("trail/comment_of_order"), order_number)
            return found

    async def came_as(self, seq: str) -> list[Row]:
        """The comments that came as this entry of comments_stream: their id, and unless they were never stored,
        platform, streamer, kind and time."""
        async with self._database.transaction() as connection:
            return [dict(row) for row in await connection.fetch(statement("trail/by_seq"), seq)]

    async def with_message_id(self, message_id: str) -> list[Row]:
        """The same, of the comments that a platform calls so; the newest 20."""
        async with self._database.transaction() as connection:
            return [dict(row) for row in await connection.fetch(statement("trail/by_message_id"), message_id)]

    async def chain(self, comment_id: UUID) -> Chain | None:
        """The chain of a comment; None where nothing is known of it."""
        async with self._database.transaction() as connection:
            return await read_chain(connection, comment_id)

    async def totals(self, match_threshold: float) -> Totals:
        """How far all comments came; a match counts above the threshold."""
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(statement("trail/totals"), match_threshold)
        assert row is not None  # noqa: S101 - a select of scalars has one row
        counts = dict(row)
        p50, p99 = counts.pop("latency_ms") or (None, None)
        return Totals(**counts, p50_ms=_rounded(p50), p99_ms=_rounded(p99))


async def read_chain(connection: Connection, comment_id: UUID) -> Chain | None:
    """The chain of a comment, as far as this transaction may read it; None where it reads nothing of it."""
    comment = await connection.fetchrow(statement("trail/comment"), comment_id)
    ends = await connection.fetch(statement("trail/ends"), comment_id)
    if comment is None and not ends:
        return None
    match = await connection.fetchrow(statement("trail/match"), comment_id)
    order = await connection.fetchrow(statement("trail/order"), comment_id)
    told = await connection.fetch(statement("trail/notifications"), order["id"]) if order else []
    return Chain(
        dict(comment) if comment else None,
        dict(match) if match else None,
        dict(order) if order else None,
        [dict(row) for row in told],
        [dict(row) for row in ends],
    )


def _rounded(milliseconds: Any) -> float | None:
    return None if milliseconds is None else round(float(milliseconds), 1)
