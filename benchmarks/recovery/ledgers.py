"""The four ledgers, as they stand once everything has drained, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import httpx
from redis.asyncio import Redis

from pipeline.engines.redis.dead_letters import DeadLetters, Listed
from pipeline.engines.redis.keys import Keys
from stages.adapters.database import Database

Row = Mapping[str, Any]

_QUERIES = {
    "orders": "select * from orders",
    # No order belongs to the news that nothing was left.
    "notifications": "select n.*, o.order_number from payment_notifications n left join orders o on o.id = n.order_id",
    "commissions": "select order_id, amount_minor, currency from commissions",
    "products": "select id, stock from products",
    "ends": "select comment_id, seq, stage, outcome, reason from end_states",
    "comments": "select id, seq, nlp_intent from chat_messages",
    "mapping": "select comment_id, order_id from chat_message_order_mapping",
}


@dataclass(frozen=True, slots=True)
class Ledgers:
    """Comments sent (`acknowledged`: ids; `entries`: ids of the public stream's entries), the database's rows, what
    the payment provider charged and the message provider took, and the dead letters."""

    acknowledged: frozenset[UUID]
    entries: Sequence[str]
    orders: Sequence[Row]
    notifications: Sequence[Row]
    commissions: Sequence[Row]
    products: Sequence[Row]
    ends: Sequence[Row]
    comments: Sequence[Row]
    mapping: Sequence[Row]
    charges: Sequence[Row]
    messages: Sequence[Row]
    dead: Sequence[Listed]
    left_over: Mapping[str, int] = field(default_factory=dict)

    def as_the_database_knows(self) -> Ledgers:
        """After a power cut: the comments that the database knew of, for of the others nobody can know. A pay link's
        message whose entry was cut while it was claimed counts only as long as the order isn't paid."""
        known = self.acknowledged & {row["id"] for row in self.comments}
        paid = {order["id"] for order in self.orders if order["status"] == "paid"}
        told = [
            row
            for row in self.notifications
            if not (row["status"] == "claimed" and row["kind"] == "pay_link" and row["order_id"] in paid)
        ]
        return replace(self, acknowledged=known, notifications=told)


async def read_ledgers(
    acknowledged: frozenset[UUID],
    database: Database,
    redis: Redis,
    keys: Keys,
    partitions: int,
    providers: httpx.AsyncClient,
    left_over: Mapping[str, int],
) -> Ledgers:
    """All of them. `providers` is a client of the sandbox."""
    async with database.transaction() as connection:
        tables = {name: [dict(row) for row in await connection.fetch(sql)] for name, sql in _QUERIES.items()}
    told = (await providers.get("/ledger")).raise_for_status().json()
    entries = await redis.execute_command("XRANGE", keys.comments, "-", "+")
    return Ledgers(
        acknowledged=acknowledged,
        entries=[entry_id.decode() for entry_id, _ in entries],
        charges=told["charges"],
        messages=told["messages"],
        dead=[listed async for listed in DeadLetters(redis, keys, partitions).all()],
        left_over=left_over,
        **tables,
    )
