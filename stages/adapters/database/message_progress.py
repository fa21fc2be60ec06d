"""What the provider tells of messages later: they move forward, and one that failed is tried otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import asyncpg
import orjson

from pipeline.decision import derived_id
from schemas.codec import decode
from schemas.records import News, PaidOrder
from stages.adapters.database.consents import write_consent
from stages.adapters.database.outbox import put_in_outbox
from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.message_errors import passes
from stages.adapters.message_results import withdrawal

MOST_ATTEMPTS = 3  # of one message on one channel, where it fails in a way that may pass
AGAIN_AFTER = timedelta(minutes=1)
_SHORT_LIVED = ("pay_link", "hold_expiring")


@dataclass(frozen=True, slots=True)
class Report:
    """What the provider says of its message `sid`; `notification_id` is our id, where the report names it, and `code`
    says why a message failed."""

    sid: str
    status: Literal["sent", "delivered", "read", "undeliverable"]
    notification_id: UUID | None = None
    code: int | None = None


class MessageProgress:
    """Moves the rows of payment_notifications as reports come in, in whatever order, and however often."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, report: Report, now: datetime) -> str | None:
        """Note how far a message is, and return its kind; None where that was known, or the message is none of ours.

        A message that failed in passing is sent again later, a few times; one that failed otherwise goes out on the
        next channel, if it is still of use: the notify stage is given its record again. A recipient who stopped or
        blocked us gets no more on this channel.
        """
        async with self._database.transaction() as connection:
            again = await _is_sent_again(connection, report)
            moved = await connection.fetchrow(
                statement("notifications/progress"),
                report.notification_id,
                report.sid,
                "claimed" if again else report.status,
                None if report.code is None else str(report.code),
                now,
                now + AGAIN_AFTER if again else None,
            )
            if moved and report.status == "undeliverable":
                await _follow_up(connection, report, moved)
        return str(moved["kind"]) if moved else None


async def _is_sent_again(connection: Connection, report: Report) -> bool:
    if report.status != "undeliverable" or report.code is None or not passes(report.code):
        return False
    attempts = await connection.fetchval(
        statement("notifications/attempts"), report.notification_id, report.sid
    )
    return attempts is not None and attempts < MOST_ATTEMPTS


async def _follow_up(connection: Connection, report: Report, row: asyncpg.Record) -> None:
    source = withdrawal(report.code or 0)
    if source and row["buyer_id"] and row["recipient"] == "buyer":
        await write_consent(connection, row["buyer_id"], row["channel"], granted=False, source=source)
    if row["record"] is None or not await _is_of_use(connection, row):
        return
    record: PaidOrder | News = decode(PaidOrder | News, orjson.dumps(row["record"]))
    await put_in_outbox(connection, derived_id(f"undelivered/{row['id']}/{report.sid}"), "notify", record)


async def _is_of_use(connection: Connection, row: asyncpg.Record) -> bool:
    if row["kind"] not in _SHORT_LIVED or row["order_id"] is None:
        return True
    return bool(await connection.fetchval(statement("notifications/still_awaited"), row["order_id"]))
