"""The connection pool to Postgres, with transactions as its only door."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Self, TypeAlias

import asyncpg
import orjson

from stages.adapters.database.address import shown_address
from stages.adapters.database.refused import DatabaseRefused
from stages.adapters.database.statements import statement
from stages.adapters.database.unavailable import DatabaseUnavailable

if TYPE_CHECKING:  # asyncpg's classes take type arguments in the stubs only
    Connection: TypeAlias = (
        asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
    )
    _Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    _Pool = asyncpg.Pool

# The server is starting, going down, was killed, or has no connection left to give.
_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TooManyConnectionsError,
)


_REFUSALS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)


_PLANNED_ONCE = {"plan_cache_mode": "force_generic_plan"}


class Database:
    """A pool of connections. Each use of it is one transaction, so that it works through a transaction
    pooler (pgbouncer, Supavisor) and a `set local` ends where it should."""

    def __init__(
        self, pool: _Pool, address: str, acquire_timeout_seconds: float, read_only: bool = False
    ) -> None:
        self._pool = pool
        self._read_only = read_only
        self._address = address
        self._acquire_timeout_seconds = acquire_timeout_seconds

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        pooler: bool = False,
        read_only: bool = False,
        plans_once: bool = False,
        min_connections: int = 1,
        max_connections: int = 10,
        command_timeout_seconds: float = 30.0,
        connect_timeout_seconds: float = 10.0,
    ) -> Self:
        """Open the pool. `pooler`: the URL leads to a transaction pooler, where a prepared statement may be
        looked for on another server connection than it was made on; so none is kept. `read_only`: the server
        refuses whatever would change something. `plans_once`: each connection plans a statement once for any
        values, instead of five times and again wherever their values promise more; for those that ask the same again
        and again, not for questions with filters that may be left out. A command, and the
        wait for a free connection, may each take `command_timeout_seconds`.

        Raises DatabaseUnavailable where no connection comes about, and DatabaseRefused where the server does
        not take user, password or database, or the URL is none.
        """
        # At every try to restore a connection it says so with a traceback; whoever asks for one is told by us.
        logging.getLogger("asyncpg").setLevel(logging.ERROR)
        address = shown_address(url)
        with _refused(address), _unavailable(address):
            pool = await asyncpg.create_pool(
                url,
                min_size=min_connections,
                max_size=max_connections,
                timeout=connect_timeout_seconds,
                command_timeout=command_timeout_seconds,
                statement_cache_size=0 if pooler else 256,
                server_settings=_PLANNED_ONCE if plans_once and not pooler else None,
                init=_set_codecs,
                reset=_keep,
            )
        return cls(pool, address, command_timeout_seconds, read_only)

    @classmethod
    @asynccontextmanager
    async def opened(cls, url: str, *, pooler: bool = False) -> AsyncIterator[Self]:
        """A pool for the length of a block; see `connect`."""
        database = await cls.connect(url, pooler=pooler)
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def transaction(self, *, streamer: str | None = None) -> AsyncIterator[Connection]:
        """A connection inside a transaction: committed at the end of the block, rolled back on any error. With a
        `streamer`, the block reads that streamer's rows only, and changes none: the database sees to it, as long as the
        statements are ours. (Whoever writes statements of their own logs in as tiktoksales_streamer.)

        jsonb goes in and comes out as Python values. In the block nothing but this connection is awaited.
        Raises DatabaseUnavailable, also for what happens to the connection inside the block.
        """
        with _unavailable(self._address):
            connection = await self._pool.acquire(timeout=self._acquire_timeout_seconds)
        try:
            with _unavailable(self._address, connection):
                async with connection.transaction(readonly=self._read_only):
                    if streamer is not None:
                        await connection.execute(statement("access/show_pass"), streamer)
                        await connection.execute(statement("access/become_streamer"))
                    yield connection
        finally:
            await self._pool.release(connection)

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[Connection]:
        """A connection for a single statement, which is a transaction by itself: one round trip instead of three.
        Several statements in the block are several transactions. Raises DatabaseUnavailable, as `transaction` does."""
        if self._read_only:
            async with self.transaction() as connection:
                yield connection
            return
        with _unavailable(self._address):
            connection = await self._pool.acquire(timeout=self._acquire_timeout_seconds)
        try:
            with _unavailable(self._address, connection):
                yield connection
        finally:
            await self._pool.release(connection)

    async def ping(self) -> None:
        """Return where the server answers. Raises DatabaseUnavailable."""
        async with self.transaction() as connection:
            await connection.execute("select")

    async def close(self, *, timeout_seconds: float = 10.0) -> None:
        """Wait for the transactions under way, at most that long; then end all connections."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout_seconds)
        except TimeoutError:
            self._pool.terminate()


async def _set_codecs(connection: Connection) -> None:
    # In a transaction: the look-up of the type takes two steps, and a pooler could part them.
    async with connection.transaction():
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=_json_text, decoder=orjson.loads, format="text"
        )


async def _keep(connection: Connection) -> None:
    """Nothing to reset: settings are made by `set local`, and no session outlives its transaction.

    (asyncpg's own reset costs one more round trip per transaction.)
    """


def _json_text(value: Any) -> str:
    return orjson.dumps(value).decode()


@contextmanager
def _refused(address: str) -> Iterator[None]:
    try:
        yield
    except _REFUSALS as error:
        raise DatabaseRefused(
            f"The database {address} refused the connection: {error}. See DATABASE_URL."
        ) from error


@contextmanager
def _unavailable(address: str, connection: Connection | None = None) -> Iterator[None]:
    """Turn whatever says that the server is out of reach into DatabaseUnavailable."""
    try:
        yield
    except TimeoutError as error:
        raise DatabaseUnavailable(f"The database {address} did not answer in time.") from error
    except _PASSING as error:
        raise DatabaseUnavailable(f"The database {address} cannot serve now: {error}") from error
    except asyncpg.InternalClientError as error:
        # The server said farewell while the connection lay idle, and its end has not come yet.
        if connection is not None:
            connection.terminate()
        raise DatabaseUnavailable(f"The database {address} has ended this connection: {error}") from error
    except (OSError, asyncpg.InterfaceError) as error:
        # Both also stand for mistakes of the caller, while the connection is well.
        lost = isinstance(error, OSError) if connection is None else _is_lost(connection)
        if not lost:
            raise
        raise DatabaseUnavailable(f"The database {address} is out of reach: {error}") from error


def _is_lost(connection: Connection) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool took it back when it was cut
        return True
