"""Attempts to charge a saved card: what the provider is asked is written down before it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import asyncpg

from stages.adapters.database.pool import Database
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

    async def newest(self, order_id: UUID) -> Attempt | None:
        """The order's last attempt, or None."""
        async with self._database.autocommit() as connection:
            row = await connection.fetchrow(statement("payments/newest_attempt"), order_id)
        return _attempt(row) if row else None

    async def freeze(
        self, order_id: UUID, number: int, key: str, parameters: Mapping[str, Any], now: datetime
    ) -> Attempt:
        """Open an attempt. Where another worker has opened this one before, theirs stands."""
        async with self._database.autocommit() as connection:
            frozen = await connection.fetchrow(
                statement("payments/freeze_attempt"), order_id, number, key, dict(parameters), now
            )
            if frozen:
                return _attempt(frozen)
            [theirs] = await connection.fetch(statement("payments/attempt"), order_id, number)
            return _attempt(theirs)

    async def settle(
        self, attempt: Attempt, status: AttemptStatus, payment_id: str | None, code: str | None, now: datetime
    ) -> None:
        """Keep what became of an open attempt."""
        row = (attempt.order_id, attempt.number, status, payment_id, code, now)
        if status not in ("declined", "needs_holder"):
            async with self._database.autocommit() as connection:
                await connection.execute(statement("payments/settle_attempt"), *row)
            return
        async with self._database.transaction() as connection:
            await connection.execute(statement("payments/settle_attempt"), *row)
            await announce(connection, "payment.failed", attempt.order_id, attempt.key)


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
