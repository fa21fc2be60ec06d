"""The keys that callers show at the doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from stages.adapters.database.pool import Database
from stages.adapters.database.statements import statement
from stages.api_key import ApiKey, Scope
from stages.mendable import Mendable


class UnknownKey(Mendable):
    """There is no key or streamer of this name; the message says which."""


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What a key is good for: `streamer` is the one it is bound to (None: none), `source` whose comments come by it."""

    id: str
    name: str
    scopes: frozenset[Scope]
    streamer: str | None
    source: str


@dataclass(frozen=True, slots=True)
class GoodKey:
    """A key that opens, by the hash of its secret."""

    rights: KeyRights
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as it stands."""

    rights: KeyRights
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class ApiKeys:
    """Keys in the database, which holds no secret of theirs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(
        self, name: str, scopes: Sequence[Scope], streamer: str | None, source: str, now: datetime
    ) -> str:
        """Make a key; returns its text, which can't be had again. Raises UnknownKey where nobody registered the
        streamer."""
        key, text = ApiKey.drawn()
        values = (key.id, key.secret_hash, name, sorted(set(scopes)), streamer, source, now)
        try:
            async with self._database.transaction() as connection:
                await connection.execute(statement("api_keys/create"), *values)
        except asyncpg.ForeignKeyViolationError as error:
            raise UnknownKey(
                f"There is no streamer {streamer!r}: `tiktoksales catalog import` registers them."
            ) from error
        return text

    async def all(self) -> list[ListedKey]:
        """Every key that there was, the oldest first."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("api_keys/all"))
        moments = ("created_at", "last_used_at", "revoked_at")
        return [ListedKey(_rights(row), *(row[moment] for moment in moments)) for row in rows]

    async def good(self) -> Mapping[str, GoodKey]:
        """Those that open, by their id."""
        async with self._database.transaction() as connection:
            rows = await connection.fetch(statement("api_keys/good"))
        return {row["id"]: GoodKey(_rights(row), bytes(row["secret_hash"])) for row in rows}

    async def revoke(self, key_id: str, now: datetime) -> None:
        """It opens nothing any more. Raises UnknownKey where it doesn't anyway."""
        async with self._database.transaction() as connection:
            if await connection.fetchval(statement("api_keys/revoke"), key_id, now) is None:
                raise UnknownKey(f"No key {key_id} is in use: see `tiktoksales keys list`.")

    async def used(self, key_id: str, now: datetime) -> None:
        """Somebody came with it. Written once a minute at most."""
        async with self._database.transaction() as connection:
            await connection.execute(statement("api_keys/used"), key_id, now)


def _rights(row: asyncpg.Record) -> KeyRights:
    return KeyRights(row["id"], row["name"], frozenset(row["scopes"]), row["streamer"], row["source"])
