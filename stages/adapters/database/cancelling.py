"""A viewer takes back a claim: which one is meant, and who may do it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from schemas.records import Cancellation
from stages.adapters.database.buyers import buyer_id
from stages.adapters.database.news import Row
from stages.adapters.database.order_results import AlreadyPaid, Cancelled, NothingToCancel, Released
from stages.adapters.database.pool import Connection
from stages.adapters.database.releasing import release_claim
from stages.adapters.database.statements import statement
from stages.adapters.database.stock import StockRules
from stages.adapters.database.waiting import rank

_UNPAID, _PAID = ("placed", "awaiting_payment", "waiting"), ("paid",)


async def carry_out(
    connection: Connection, cancellation: Cancellation, now: datetime, rules: StockRules
) -> Cancelled:
    """Release what the cancellation means, once however often it is delivered (see Orders.cancel_claim)."""
    if await connection.fetchval(statement("claims/is_carried_out"), cancellation.comment_id):
        return Released()
    if cancellation.retracts is not None:
        released = await release_claim(connection, cancellation.retracts, "retracted", now, rules)
    else:
        newest = await _newest(connection, cancellation, _UNPAID)
        if await _retract_coming(connection, cancellation, newest["seq_rank"] if newest else 0, now):
            await connection.fetch(statement("claims/carry_out"), cancellation.comment_id, now)
            return Released()
        released = await release_claim(connection, newest["id"], "buyer", now, rules) if newest else []
    if released:
        await connection.fetch(statement("claims/carry_out"), cancellation.comment_id, now)
        return Released(_numbers(released))
    if cancellation.retracts is None and await _newest(connection, cancellation, _PAID):
        return AlreadyPaid()
    return NothingToCancel()


async def _newest(
    connection: Connection, cancellation: Cancellation, statuses: Sequence[str]
) -> asyncpg.Record | None:
    viewer = cancellation.viewer
    return await connection.fetchrow(
        statement("claims/newest"),
        buyer_id(viewer.platform, viewer.key),
        cancellation.streamer,
        rank(cancellation.seq),
        viewer.verified,
        list(statuses),
        cancellation.code,
    )


async def _retract_coming(
    connection: Connection, cancellation: Cancellation, after: int, now: datetime
) -> UUID | None:
    viewer = cancellation.viewer
    coming: UUID | None = await connection.fetchval(
        statement("claims/retract_coming"),
        viewer.client,
        viewer.key,
        viewer.platform,
        cancellation.streamer,
        after,
        rank(cancellation.seq),
        now,
        viewer.verified,
        cancellation.code,
    )
    return coming


def _numbers(released: Sequence[Row]) -> tuple[str, ...]:
    return tuple(row["order_number"] for row in released if "order_number" in row)
