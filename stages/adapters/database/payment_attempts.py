"""Attempts to charge a saved card: what the provider is asked is written down before it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg
import orjson

from stages.adapters.database.pool import Database
from stages.adapters.database.shared import Shared
from stages.adapters.database.statements import statement
from stages.adapters.database.webhook_events import announce

AttemptStatus = Literal["open", "charged", "declined", "needs_holder", "cancelled"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `parameters` are sent under `key`, as they are, however often; `status` is `cancelled` where the
    key can't bring an answer any more. `payment_id` and `code` are what the provider said."""

    order_id: UUID
    number: int
    key: str
    parameters: Mapping[str, Any]
    status: AttemptStatus
    payment_id: str | None
    code: str | None
    made_at: datetime


class PaymentAttempts:
    """The attempts in the database. An attempt moves once: from open to what became of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._newest = Shared(self._newest_of)
        self._freeze = Shared(self._freeze_all)
        self._settle = Shared(self._settle_all)

    async def newest(self, order_id: UUID) -> Attempt | None:
        """The order's last attempt, or None."""
        return await self._newest(order_id)

    async def begin(self, order_id: UUID, key: str, parameters: Mapping[str, Any], now: datetime) -> Attempt:
        """The order's last attempt: where it has none, its first, which is opened now. Most orders have none, so that
        one statement does."""
        frozen = await self._freeze(_row(order_id, 1, key, parameters, now))
        last = frozen or await self._newest(order_id)
        assert last is not None  # noqa: S101 - what stood in the way is never removed
        return last

    async def freeze(
        self, order_id: UUID, number: int, key: str, parameters: Mapping[str, Any], now: datetime
    ) -> Attempt:
        """Open an attempt. Where another worker has opened this one before, theirs stands."""
        if frozen := await self._freeze(_row(order_id, number, key, parameters, now)):
            return frozen
        async with self._database.autocommit() as connection:
            [theirs] = await connection.fetch(statement("payments/attempt"), order_id, number)
            return _attempt(theirs)

    async def settle(
        self, attempt: Attempt, status: AttemptStatus, payment_id: str | None, code: str | None, now: datetime
    ) -> None:
        """Keep what became of an open attempt."""
        row = (attempt.order_id, attempt.number, status, payment_id, code, now)
        if status not in ("declined", "needs_holder"):
            await self._settle(row)
            return
        async with self._database.transaction() as connection:
            await connection.execute(statement("payments/settle_attempt"), *row)
            await announce(connection, "payment.failed", attempt.order_id, attempt.key)

    async def _newest_of(self, order_ids: Sequence[UUID]) -> list[Attempt | None]:
        async with self._database.autocommit() as connection:
            rows = await connection.fetch(statement("payments/newest_attempts"), list(order_ids))
        found = {row["order_id"]: _attempt(row) for row in rows}
        return [found.get(each) for each in order_ids]

    async def _freeze_all(self, rows: Sequence[tuple[Any, ...]]) -> list[Attempt | None]:
        async with self._database.autocommit() as connection:
            made = await connection.fetch(statement("payments/freeze_attempts"), *_columns(rows))
        frozen = {(row["order_id"], row["attempt"]): _attempt(row) for row in made}
        return [frozen.get(row[:2]) for row in rows]

    async def _settle_all(self, rows: Sequence[tuple[Any, ...]]) -> list[None]:
        async with self._database.autocommit() as connection:
            await connection.execute(statement("payments/settle_attempts"), *_columns(rows))
        return [None] * len(rows)


def _row(
    order_id: UUID, number: int, key: str, parameters: Mapping[str, Any], now: datetime
) -> tuple[Any, ...]:
    return order_id, number, key, orjson.dumps(dict(parameters)).decode(), now


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def attempt_key(order_id: UUID, number: int) -> str:
    """The idempotency key of an order's attempt `number`, counted from 1."""
    return f"charge:{order_id}" if number == 1 else f"charge:{order_id}:{number}"


def _attempt(row: asyncpg.Record) -> Attempt:
    return Attempt(
        row["order_id"],
        row["attempt"],
        row["key"],
        row["parameters"],
        row["status"],
        row["payment_id"],
        row["code"],
        row["created_at"],
    )
