"""A server that is killed says farewell on idle connections before they end; the pool may meet one in between."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from stages.adapters.database import Database, DatabaseUnavailable

_END_OURS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'farewell'"


class Holder:
    """Passes bytes between clients and a server; that the server hung up, it keeps to itself."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.hung_up = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        above, below = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [below, writer]
        for source, target, end in ((reader, below, None), (above, writer, self.hung_up)):
            self._tasks.add(asyncio.create_task(self._pass_on(source, target, end)))

    async def _pass_on(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, end: asyncio.Event | None
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                target.write(data)
        if end:
            end.set()
        else:
            target.close()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for writer in self._writers:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@asynccontextmanager
async def held(database_url: str) -> AsyncIterator[tuple[str, Holder]]:
    """The URL of the same database behind a Holder."""
    parts = urlsplit(database_url)
    holder = Holder(parts.port or 5432)
    server = await asyncio.start_server(holder.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    netloc = parts.netloc.replace(f":{parts.port}", f":{port}")
    query = f"{parts.query}&application_name=farewell"
    try:
        yield urlunsplit(parts._replace(netloc=netloc, query=query)), holder
    finally:
        await holder.stop()
        server.close()


async def use_until_it_fails(database: Database) -> None:
    while True:
        async with database.transaction() as connection:
            await connection.fetchval("select 1")


async def test_a_connection_between_farewell_and_end_means_not_now_and_is_not_met_again(
    database_url: str,
) -> None:
    async with held(database_url) as (url, holder):
        database = await Database.connect(url, max_connections=1)
        try:
            async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as other:
                await other.execute(_END_OURS)
            await holder.hung_up.wait()  # so the farewell is on its way to us
            with pytest.raises(DatabaseUnavailable):
                await use_until_it_fails(database)
            async with database.transaction() as connection:
                assert await connection.fetchval("select 1") == 1
        finally:
            await database.close(timeout_seconds=0.5)  # the holder keeps the end of a connection to itself
