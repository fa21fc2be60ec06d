"""Brings a database up to the migrations in `migrations/`, with yoyo and psycopg."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import parse_uri
from yoyo.migrations import default_migration_table

from stages.adapters.database.address import shown_address
from stages.adapters.database.refused import MigrationFailed
from stages.adapters.database.unavailable import DatabaseUnavailable

SOURCE = "package:stages.adapters.database:migrations"
# Any number that no other program locks in this database; it stands for "migrations".
LOCK_KEY = 7_214_905_331
LOCK_TIMEOUT_SECONDS = 120


def migrate(url: str) -> list[str]:
    """Apply what was not yet applied, in order; returns its names, an empty list where nothing was to do.

    Each migration and the note that it was applied are one transaction. Several processes may start at once:
    one works, the others wait for it, and no crash leaves the lock behind. Raises DatabaseUnavailable and
    MigrationFailed.
    """
    with _readable_errors(url), _alone(url), _backend(url) as backend:
        pending = list(backend.to_apply(read_migrations(SOURCE)))
        for migration in pending:
            backend.apply_one(migration)
        return [str(migration.id) for migration in pending]


def roll_back(url: str, *, count: int) -> list[str]:
    """Undo the last `count` applied migrations, newest first, data and all; returns their names."""
    with _readable_errors(url), _alone(url), _backend(url) as backend:
        applied = list(backend.to_rollback(read_migrations(SOURCE)))[:count]
        for migration in applied:
            backend.rollback_one(migration)
        return [str(migration.id) for migration in applied]


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]  # yoyo brings no types
    """yoyo's Postgres, made fit for poolers and crashes."""

    # yoyo creates it each time and lets that fail, which leaves an error in the server's log.
    create_lock_table_sql = PostgresqlPsycopgBackend.create_lock_table_sql.replace(
        "CREATE TABLE", "CREATE TABLE IF NOT EXISTS"
    )

    def connect(self, dburi: Any) -> psycopg.Connection[tuple[Any, ...]]:
        connection: psycopg.Connection[tuple[Any, ...]] = super().connect(dburi)
        connection.prepare_threshold = None  # a pooler would look for it on another server connection
        return connection

    def init_database(self) -> None:
        """As yoyo's, without the trial whether DDL can be rolled back: in Postgres it can."""
        self.create_lock_table()
        self.break_lock()  # we hold the real lock, so this row is what a crash left
        self.has_transactional_ddl = True

    def apply_one(self, migration: Any, force: bool = False, mark: bool = True) -> None:
        """As yoyo's, in one transaction: it would commit first and take note afterwards."""
        self.ensure_internal_schema_updated()
        migration.load()
        if not migration.use_transactions:
            super().apply_one(migration, force, mark)
            return
        with self.transaction():
            migration.process_steps(self, "apply", force=force)
            self.mark_one(migration)

    def rollback_one(self, migration: Any, force: bool = False) -> None:
        self.ensure_internal_schema_updated()
        migration.load()
        if not migration.use_transactions:
            super().rollback_one(migration, force)
            return
        with self.transaction():
            migration.process_steps(self, "rollback", force=force)
            self.unmark_one(migration)

    def get_log_data(self, migration: Any = None, operation: str = "apply") -> dict[str, Any]:
        """As yoyo's, which asks for names that this machine may not know: those of its user and its own."""
        return {
            "id": str(uuid.uuid1()),
            "migration_id": migration.id if migration else None,
            "migration_hash": migration.hash if migration else None,
            "username": self.uri.username,
            "hostname": None,
            "created_at_utc": datetime.now(UTC).replace(tzinfo=None),
            "operation": operation,
        }


@contextmanager
def _backend(url: str) -> Iterator[_Backend]:
    _, _, rest = url.partition("://")
    with _Backend(parse_uri(f"postgresql+psycopg://{rest}"), default_migration_table) as backend:
        backend.init_database()
        yield backend


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """Hold a lock that lives in a transaction: it works through a pooler and ends with its connection."""
    with psycopg.connect(url, connect_timeout=10, prepare_threshold=None) as connection:
        connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT_SECONDS}s'")
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        connection.execute("select pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        yield


def _line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".?")


@contextmanager
def _readable_errors(url: str) -> Iterator[None]:
    address = shown_address(url)
    try:
        yield
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseUnavailable(
            f"Another process has been migrating the database {address} for more than "
            f"{LOCK_TIMEOUT_SECONDS} s: look what it does, or try again."
        ) from error
    except psycopg.OperationalError as error:
        raise DatabaseUnavailable(
            f"The database {address} cannot be migrated now: {_line(error)}."
        ) from error
    except psycopg.Error as error:
        raise MigrationFailed(f"The database {address} refused a migration: {error}") from error
