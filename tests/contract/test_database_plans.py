"""No query of the product needs to scan a large table: each finds an index for what it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, TypeAlias

import asyncpg
import orjson
import pytest

from benchmarks.database.explained import explain, explain_kept, statement_names
from benchmarks.database.filling import fill
from benchmarks.database.plans import scans_in, unindexed_in
from benchmarks.database.reports import REPORTS
from benchmarks.database.values import Sample, values_of

COMMENTS = 2_000
LARGE = frozenset(
    ("chat_messages", "end_states", "orders", "product_matches", "payment_notifications", "payment_attempts", "outbox",
     "webhook_deliveries", "buyers", "waitlist", "commissions", "chat_message_order_mapping", "stripe_events",
     "consents")
)  # fmt: skip
if TYPE_CHECKING:
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]

OTHERWISE_AT_SIZE = {
    "console/speed": "500 orders, each looked up where the others are many",
    "forgetting/unfinished": "a buyer's orders, each looked up where the others are many",
    "payments/settle_attempts": "a batch's attempts, each looked up where the others are many",
    "sealing/any_sealed": "ends with the first row that it finds",
}
ASKED_BY_VERBS = frozenset(("order_book/orders", "webhooks/deliveries"))
"""Their filters may be left out, and their connections plan them for the values that are given."""

SAMPLE = Sample(1600, 1_700_000_000_000, COMMENTS // 20, "streamer-0")


@pytest.fixture(scope="module")
async def connection(new_database: Callable[[], str]) -> AsyncIterator[Connection]:
    """A database with a year of a small shop, in which a scan is the last resort."""
    url = new_database()
    fill(url, COMMENTS)
    connection = await asyncpg.connect(url)
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=lambda value: orjson.dumps(value).decode(), decoder=orjson.loads
    )
    for way in ("seqscan", "hashjoin", "mergejoin"):  # what pays off in small tables only
        await connection.execute(f"set enable_{way} = off")
    yield connection
    await connection.close()


@pytest.fixture
async def partial(connection: Connection) -> frozenset[str]:
    """The indexes that hold a part of their table."""
    rows = await connection.fetch(
        "select indexrelid::regclass::text as name from pg_index where indpred is not null"
    )
    return frozenset(row["name"] for row in rows)


async def unindexed(connection: Connection, name: str, partial: frozenset[str]) -> list[str]:
    """What a query finds no index for."""
    return unindexed_in((await explain(connection, name, SAMPLE, run=False)).plan, LARGE, partial)


async def test_each_query_finds_an_index(connection: Connection, partial: frozenset[str]) -> None:
    asked = [name for name in statement_names() if name not in REPORTS and name not in OTHERWISE_AT_SIZE]
    assert len(asked) > 200
    assert not {name: found for name in asked if (found := await unindexed(connection, name, partial))}


async def test_each_plan_that_is_kept_for_any_values_finds_an_index(
    connection: Connection, partial: frozenset[str]
) -> None:
    await connection.execute("set plan_cache_mode = force_generic_plan")
    otherwise = {*REPORTS, *OTHERWISE_AT_SIZE, *ASKED_BY_VERBS}
    asked = [name for name in statement_names() if name not in otherwise]
    plans = {name: await explain_kept(connection, name, SAMPLE) for name in asked}
    await connection.execute("reset plan_cache_mode")
    assert not {name: found for name, plan in plans.items() if (found := unindexed_in(plan, LARGE, partial))}


async def test_a_query_that_finds_none_is_noticed(connection: Connection, partial: frozenset[str]) -> None:
    change = connection.transaction()
    await change.start()
    await connection.execute("drop index chat_messages_client_id")
    assert await unindexed(connection, "forgetting/comments", partial) == ["Seq Scan on chat_messages"]
    await change.rollback()


async def test_a_scan_is_told_by_what_it_read(connection: Connection) -> None:
    await connection.execute("set enable_seqscan = on")
    totals = await explain(connection, "trail/totals", SAMPLE, run=True)
    await connection.execute("set enable_seqscan = off")
    assert totals.milliseconds is not None
    assert "Seq Scan on end_states reads 2,000 of 2,000 rows" in scans_in(totals.plan, {"end_states": 2000.0})
    assert scans_in(totals.plan, {"buyers": 100.0}) == []


def test_what_may_read_everything_is_there() -> None:
    assert set(REPORTS) | set(OTHERWISE_AT_SIZE) <= set(statement_names())


def test_parameters_are_given_by_the_columns_that_they_are_compared_with() -> None:
    text = (
        "select 1 from orders as o where o.streamer = $1 and o.status = any($2) and placed_at >= $3 limit $4"
    )
    values = values_of("any/name", text, ["text", "text[]", "timestamptz", "int8"], SAMPLE)
    assert values[0] == "streamer-0"
    assert values[1] == ["placed"]
    assert values[3] == 100
    text = "insert into chat_messages (id, client) values ($2, $1)"
    assert values_of("any/name", text, ["text", "uuid"], SAMPLE)[0] == f"viewer_{SAMPLE.viewer}"
    text = "select * from unnest($1::uuid[], $2::text[]) as c (product_id, seq)"
    assert values_of("any/name", text, ["uuid[]", "text[]"], SAMPLE)[1] == ["1700000000000-0"]
