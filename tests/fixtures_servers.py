"""Real servers for the tests: one of each Redis and one Postgres per run, an own database per module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
import redis
from psycopg import sql

from pipeline.embedded import Postgres, Valkey
from stages.adapters.database import Database
from stages.adapters.database.migrate import migrate
from tests.kafka_broker import KafkaBroker
from tests.redis_servers import SERVERS_HERE, Kind, Running
from tests.valkey_cluster import servers_at

TEMPLATE = "migrated"


class HastyPostgres(Postgres):
    """A Postgres that leaves it to the kernel when something reaches the disk: nothing of it outlives the run."""

    settings: ClassVar[Mapping[str, str]] = {
        **Postgres.settings,
        "fsync": "off",
        "full_page_writes": "off",
        "checkpoint_flush_after": "0",
        "bgwriter_flush_after": "0",
    }


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """One Valkey for the whole run; whoever stops or kills it starts one of their own instead."""
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A Postgres that the test may kill."""
    server = Postgres(tmp_path / "postgres")
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    """The URL of an empty Redis."""
    return emptied(valkey.url)


@pytest.fixture(scope="session")
def redis_server(
    valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Kind], Running]]:
    """Gives the run's server of a kind; it is started when it is first asked for."""
    with ExitStack() as others:
        started: dict[Kind, Running] = {Valkey: valkey}

        def running(kind: Kind) -> Running:
            if kind not in started:
                server: Running = kind(tmp_path_factory.mktemp(kind.name))
                others.enter_context(server)
                started[kind] = server
            return started[kind]

        yield running


@pytest.fixture(scope="session")
def kafka_broker() -> Iterator[KafkaBroker]:
    """One Kafka for the whole run; who uses it gives topics names of their own."""
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture(params=SERVERS_HERE, ids=lambda kind: kind.name)
def each_redis_url(request: pytest.FixtureRequest, redis_server: Callable[[Kind], Running]) -> str:
    """The URL of an empty Redis, of each kind that is installed in turn."""
    return emptied(redis_server(request.param).url)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One Postgres for the whole run; whoever stops or kills it starts one of their own instead."""
    server = HastyPostgres(tmp_path_factory.mktemp("postgres"))
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture(scope="session")
def new_database(postgres: Postgres) -> Callable[[], str]:
    """Makes a fresh, migrated database at each call (a copy of one that was migrated once) and gives its URL."""
    numbers = count(1)
    execute_outside_transaction(postgres.url, sql.SQL("create database {}").format(sql.Identifier(TEMPLATE)))
    migrate(postgres.database_url(TEMPLATE))

    def make() -> str:
        name = f"test_{next(numbers)}"
        copy = sql.SQL("create database {} template {}").format(
            sql.Identifier(name), sql.Identifier(TEMPLATE)
        )
        execute_outside_transaction(postgres.url, copy)
        return postgres.database_url(name)

    return make


@pytest.fixture(scope="module")
def database_url(new_database: Callable[[], str]) -> str:
    """A migrated database of this test module's own."""
    return new_database()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on the module's database."""
    pool = await Database.connect(database_url)
    yield pool
    await pool.close()


def emptied(url: str) -> str:
    """The same URL, with nothing left behind it."""
    for server in servers_at(url):
        with redis.Redis.from_url(server) as client:
            client.flushall()
    return url


def execute_outside_transaction(url: str, statement: sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
