"""Whom the database takes the stages for, and what that user is held to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from stages.adapters.database.pool import Connection
from stages.adapters.database.statements import statement

STAGES_ROLE = "tiktoksales_stages"


@dataclass(frozen=True, slots=True)
class Standing:
    """The user of a connection. `superuser`, `exempt` (BYPASSRLS) and `owner` of the tables see every row, whatever
    the policies say; `roles`: whether those of the migrations exist on the server."""

    name: str
    superuser: bool
    exempt: bool
    owner: bool
    roles: bool


async def standing(connection: Connection) -> Standing:
    """What the user of this connection is."""
    row = await connection.fetchrow(statement("access/standing"))
    assert row is not None  # noqa: S101 - everybody is in pg_roles
    return Standing(**row)


def let_stages_in(owner_url: str, password: str) -> str:
    """Let the stages' role log in with this password; the database's URL for it. `owner_url` is an administrator's.

    Raises what psycopg raises.
    """
    change = sql.SQL("alter role {} login password {}").format(
        sql.Identifier(STAGES_ROLE), sql.Literal(password)
    )
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(change)
    return stages_url(owner_url, password)


def stages_url(owner_url: str, password: str) -> str:
    """The same database's URL, for the stages' role."""
    parts = urlsplit(owner_url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{STAGES_ROLE}:{quote(password, safe='')}@{place}"))
