"""The database behind a transaction pooler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from stages.adapters.database import Database
from stages.adapters.database.migrate import migrate, roll_back
from tests.contract.pooled import SERVER_CONNECTIONS, pooled


@pytest.fixture(scope="module")
def pooled_url(new_database: Callable[[], str]) -> Iterator[str]:
    """A migrated database, seen through the pooler."""
    with pooled(new_database()) as url:
        yield url


async def test_many_transactions_share_few_connections_unharmed(pooled_url: str) -> None:
    database = await Database.connect(pooled_url, pooler=True, min_connections=8, max_connections=8)
    servers: set[int] = set()

    async def transact(number: int) -> None:
        async with database.transaction() as connection:
            name = f"client {number}"
            await connection.execute(f"set local application_name = '{name}'")
            servers.add(await connection.fetchval("select pg_backend_pid()"))
            row = await connection.fetchrow(
                "select $1::int as number, $2::jsonb as record", number, {"a": [number]}
            )
            assert row is not None
            assert dict(row) == {"number": number, "record": {"a": [number]}}
            assert await connection.fetchval("show application_name") == name

    await asyncio.gather(*(transact(number) for number in range(200)))
    await database.close()
    assert len(servers) == SERVER_CONNECTIONS


async def test_arrays_for_bulk_writes_go_through(pooled_url: str) -> None:
    database = await Database.connect(pooled_url, pooler=True)
    async with database.transaction() as connection:
        await connection.execute(
            "insert into stripe_events (event_id, type) select * from unnest($1::text[], $2::text[])",
            [f"evt_{number}" for number in range(500)],
            ["charge"] * 500,
        )
    async with database.transaction() as connection:
        assert await connection.fetchval("select count(*) from stripe_events") == 500
    await database.close()


def test_migrations_go_through_a_pooler(pooled_url: str) -> None:
    rolled_back = roll_back(pooled_url, count=100)
    assert migrate(pooled_url) == rolled_back[::-1]
    assert migrate(pooled_url) == []
