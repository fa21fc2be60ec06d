"""The database behind a transaction pooler, Debian's pgbouncer: apt-get install pgbouncer."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pipeline.embedded.account import open_place, unprivileged_account
from pipeline.embedded.credentials import LOOPBACK, free_port
from pipeline.embedded.process import ServerProcess, ServerSpec
from stages.adapters.database import Database
from stages.adapters.database.migrate import migrate, roll_back

SERVER_CONNECTIONS = 2
CONFIGURATION = """\
[databases]
* = host={host} port={server_port}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = users.txt
pool_mode = transaction
default_pool_size = {connections}
"""


@pytest.fixture(scope="module")
def pooled_url(new_database: Callable[[], str]) -> Iterator[str]:
    """A migrated database, seen through pgbouncer in transaction mode with two server connections."""
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
    if program is None:
        missing = "pgbouncer isn't installed (apt-get install pgbouncer), so the pooler was not tried."
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    url = new_database()
    port = free_port()
    account = unprivileged_account()
    home = Path(tempfile.mkdtemp(dir=None if account is None else open_place(account)))
    server = urlsplit(url)
    (home / "pgbouncer.ini").write_text(
        CONFIGURATION.format(
            host=LOOPBACK, server_port=server.port, port=port, connections=SERVER_CONNECTIONS
        ),
        encoding="utf-8",
    )
    (home / "users.txt").write_text(f'"{server.username}" "{server.password}"\n', encoding="utf-8")
    if account is not None:
        for path in (home, *home.iterdir()):
            os.chown(path, account.user_id, account.group_id)
    spec = ServerSpec("pgbouncer", (program, "pgbouncer.ini"), home=home, working_dir=home, account=account)
    process = ServerProcess.launch(spec, kept=False)
    try:
        process.wait_until(lambda: _listens(port), timeout_seconds=20)
        yield url.replace(f":{server.port}/", f":{port}/")
    finally:
        process.stop(grace_seconds=5)
        shutil.rmtree(home)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOOPBACK, port)) == 0


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
