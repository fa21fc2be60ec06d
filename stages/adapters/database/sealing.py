"""Seals what lies in the database anew, under the newest key: after a rotation, or what an older release left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.statements import statement
from stages.adapters.vault import Vault

_AT_ONCE = 500

Row = tuple[object, ...]


async def seal_anew(database: Database, vault: Vault) -> int:
    """Seal every phone number, e-mail address and webhook secret under the newest key, with its blind index; returns
    how many rows that were. Whoever reads meanwhile needs all keys; harmless when repeated or cut off.

    Raises UnusableDataKeys where there is no key, or where none opens a row: those before it stay sealed anew.
    """

    def buyer(row: asyncpg.Record) -> Row:
        return (row["id"], *_with_index(row["phone"], vault), *_with_index(row["email"], vault))

    def streamer(row: asyncpg.Record) -> Row:
        return (row["handle"], vault.reseal(row["phone"]))

    def endpoint(row: asyncpg.Record) -> Row:
        return (row["id"], vault.reseal(row["secret"]))

    return (
        await _table(database, "buyers", UUID(int=0), buyer)
        + await _table(database, "streamers", "", streamer)
        + await _table(database, "webhook_endpoints", UUID(int=0), endpoint)
    )


async def holds_plain(database: Database) -> bool:
    """Whether a phone number or e-mail address lies in the database as it is."""
    async with database.transaction() as connection:
        return bool(await connection.fetchval(statement("sealing/is_plain")))


async def check_keys(connection: Connection, vault: Vault) -> bool:
    """Open something sealed of each table; False where there is nothing. Raises UnusableDataKeys."""
    rows = await connection.fetch(statement("sealing/any_sealed"))
    for row in rows:
        vault.open(row["sealed"])
    return bool(rows)


async def _table(database: Database, table: str, first: Any, sealed: Callable[[asyncpg.Record], Row]) -> int:
    """Goes through a table by its key, a transaction for each few hundred rows."""
    count, last = 0, first
    while True:
        async with database.transaction() as connection:
            rows = await connection.fetch(statement(f"sealing/{table}"), last, _AT_ONCE)
            if not rows:
                return count
            await connection.execute(
                statement(f"sealing/put_{table}"), *_columns([sealed(row) for row in rows])
            )
        count, last = count + len(rows), rows[-1][0]


def _with_index(sealed: str | None, vault: Vault) -> tuple[str | None, str | None]:
    if sealed is None:
        return None, None
    text = vault.open(sealed)
    return vault.seal(text), vault.index(text)


def _columns(rows: Sequence[Row]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
