"""What the pool promises, and what the tables refuse."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from importlib.resources.abc import Traversable
from typing import Any

import asyncpg
import psutil
import pytest

from pipeline.embedded import Postgres
from pipeline.embedded.credentials import free_port
from stages.adapters.database import Connection, Database, DatabaseRefused, DatabaseUnavailable
from stages.adapters.database.statements import sql_files

_GONE_SECONDS = 10.0
RECORD: dict[str, Any] = {"message": "mine!! 💕", "quantity": 2, "nested": [1.5, None, {"a": True}]}


async def test_a_block_that_ends_well_is_committed(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("insert into stripe_events (event_id, type) values ('evt_1', 'x')")
    async with database.transaction() as connection:
        assert await connection.fetchval("select type from stripe_events where event_id = 'evt_1'") == "x"


async def test_a_block_that_fails_leaves_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as connection:
            await connection.execute("insert into stripe_events (event_id, type) values ('evt_2', 'x')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.transaction() as connection:
        assert await connection.fetchval("select type from stripe_events where event_id = 'evt_2'") is None


async def test_json_goes_in_and_comes_out_as_values(database: Database) -> None:
    async with database.transaction() as connection:
        key = uuid.uuid4()
        await connection.execute(
            "insert into outbox (record_id, stage, comment_id, seq, streamer, record)"
            " values ($1, 'order', $1, '1-1', 'ana', $2)",
            key,
            RECORD,
        )
        assert await connection.fetchval("select record from outbox where record_id = $1", key) == RECORD


async def test_a_local_setting_ends_with_its_transaction(database_url: str) -> None:
    database = await Database.connect(database_url, max_connections=1)
    async with database.transaction() as connection:
        await connection.execute("set local application_name = 'for now'")
        assert await connection.fetchval("show application_name") == "for now"
    async with database.transaction() as connection:
        assert await connection.fetchval("show application_name") != "for now"
    await database.close()


async def test_a_connection_that_asks_the_same_again_plans_it_once(database_url: str) -> None:
    database = await Database.connect(database_url, plans_once=True, max_connections=1)
    async with database.transaction() as connection:
        for _ in range(3):
            await connection.fetchval("select count(*) from orders where order_number = $1", "TTS-1")
        [counts] = await connection.fetch(
            "select generic_plans, custom_plans from pg_prepared_statements where statement like 'select count%'"
        )
    assert tuple(counts) == (3, 0)
    await database.close()


async def test_a_server_out_of_reach_is_named_without_the_password() -> None:
    port = free_port()
    with pytest.raises(DatabaseUnavailable, match=f"127.0.0.1:{port}/shop is out of reach") as raised:
        await Database.connect(f"postgresql://me:secret@127.0.0.1:{port}/shop")
    assert "secret" not in str(raised.value)


async def test_a_slow_answer_is_unavailability(database_url: str) -> None:
    database = await Database.connect(database_url, command_timeout_seconds=0.2)
    with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
        async with database.transaction() as connection:
            await connection.execute("select pg_sleep(30)")
    async with database.transaction() as connection:
        assert await connection.fetchval("select 1") == 1
    await database.close()


async def test_a_pool_in_full_use_is_unavailability(database_url: str) -> None:
    database = await Database.connect(database_url, max_connections=1, command_timeout_seconds=0.2)
    async with database.transaction():
        with pytest.raises(DatabaseUnavailable, match="did not answer in time"):
            async with database.transaction():
                raise AssertionError("there was no connection to give")
    await database.close()


async def test_a_connection_cut_in_the_block_is_unavailability(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"cannot serve now|out of reach"):
        async with database.transaction() as connection:
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")


async def test_mistakes_of_the_caller_stay_what_they_are(database: Database) -> None:
    with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
        async with database.transaction() as connection:
            await connection.fetchval("select $1::int")
    with pytest.raises(FileNotFoundError):
        async with database.transaction():
            raise FileNotFoundError("not of the database's making")
    with pytest.raises(asyncpg.UndefinedTableError):
        async with database.transaction() as connection:
            await connection.fetchval("select * from no_such_table")


async def test_a_wrong_password_is_no_passing_trouble(postgres: Postgres) -> None:
    with pytest.raises(DatabaseRefused):
        await Database.connect(postgres.url.replace(postgres.credentials.password, "guessed"))


async def test_the_pool_recovers_when_the_server_is_back(own_postgres: Postgres) -> None:
    database = await Database.connect(own_postgres.url)
    async with database.transaction() as connection:
        serving = psutil.Process(await connection.fetchval("select pg_backend_pid()"))
    own_postgres.kill()
    serving.wait(_GONE_SECONDS)  # it notices by itself, and may answer once more before
    with pytest.raises(DatabaseUnavailable):
        async with database.transaction() as connection:
            await connection.fetchval("select 1")
    own_postgres.start()
    async with database.transaction() as connection:
        assert await connection.fetchval("select 1") == 1
    await database.close()


def statements(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from statements(entry)
        elif entry.name.endswith(".sql"):
            yield entry


async def test_postgres_understands_every_statement(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    refused = {}
    for file in statements(sql_files()):
        try:
            await connection.prepare(file.read_text(encoding="utf-8"))
        except asyncpg.PostgresError as error:
            refused[str(file)] = str(error)
    await connection.close()
    assert refused == {}


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Connection]:
    """A transaction with one order and what it stands on; rolled back at the end."""
    comment, product, buyer, order = (uuid.UUID(int=number) for number in range(4))
    with suppress(_Undo):
        async with database.transaction() as connection:
            await connection.execute(
                "insert into streamers (handle, name, currency) values ('ana', 'Ana', 'USD')"
            )
            await connection.execute(
                "insert into products (id, streamer, sku, name, price_minor, currency, stock)"
                " values ($1, 'ana', 'J-1', 'Blue Denim Jacket', 7999, 'USD', 1)",
                product,
            )
            await connection.execute(
                "insert into product_embeddings values ($1, 'model', '{}', 'vector', 1)",
                product,
            )
            await connection.execute(
                "insert into buyers (id, platform, client_id, handle) values ($1, 'tiktok', 'c', 'bo')", buyer
            )
            await _insert_comment(connection, comment, "1700000000000-0")
            await connection.execute(
                "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id,"
                " quantity, unit_price_minor, amount_minor, currency)"
                " values ($1, 'ORD-20240101-00001', $2, 'ana', $3, 'Jacket', $4, 1, 7999, 7999, 'USD')",
                order,
                comment,
                product,
                buyer,
            )
            yield connection
            raise _Undo


class _Undo(Exception):
    """Ends a transaction without a trace."""


async def _insert_comment(connection: Connection, key: uuid.UUID, seq: str) -> None:
    await connection.execute(
        "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, sent_at, source, verified)"
        " values ($1, $2, 'ana', 'bo', 'bo', 'tiktok', 'mine!!', now(), 'stream', false)",
        key,
        seq,
    )


async def test_comments_sort_as_their_stream_entries_do(shop: Connection) -> None:
    late = ["1700000000000-1", "1700000000000-2", "1700000000000-10", "1700000000001-0", "1700000010000-0"]
    for seq in reversed(late):
        await _insert_comment(shop, uuid.uuid4(), seq)
    rows = await shop.fetch("select seq from chat_messages order by seq_rank")
    assert [row["seq"] for row in rows] == ["1700000000000-0", *late]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("update products set stock = stock - 2", asyncpg.CheckViolationError),
        ("update products set currency = 'usd'", asyncpg.CheckViolationError),
        ("update orders set status = 'paid'", asyncpg.CheckViolationError),
        ("update orders set status = 'lost'", asyncpg.CheckViolationError),
        ("update orders set order_number = '17'", asyncpg.CheckViolationError),
        ("update streamers set notify_by = 'sms'", asyncpg.CheckViolationError),
        ("update chat_messages set seq = '$'", asyncpg.PostgresError),
        ("delete from chat_messages", asyncpg.ForeignKeyViolationError),
        (
            "insert into buyers select gen_random_uuid(), platform, client_id from buyers",
            asyncpg.PostgresError,
        ),
    ],
)
async def test_the_tables_refuse_what_cannot_be(
    shop: Connection, change: str, error: type[asyncpg.PostgresError]
) -> None:
    with pytest.raises(error):
        async with shop.transaction():
            await shop.execute(change)


async def test_an_order_is_paid_once_its_payment_can_be_found(shop: Connection) -> None:
    await shop.execute("update orders set status = 'paid', payment_id = 'pi_1', paid_at = now()")
    assert await shop.fetchval("select status from orders") == "paid"


async def test_one_comment_makes_one_order(shop: Connection) -> None:
    with pytest.raises(asyncpg.UniqueViolationError, match="orders_comment_part"):
        async with shop.transaction():
            await shop.execute(
                "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id,"
                " quantity, unit_price_minor, amount_minor, currency) select gen_random_uuid(), 'ORD-20240101-00002',"
                " comment_id, streamer, product_id, product_name, buyer_id, 1, 1, 1, 'USD' from orders"
            )
