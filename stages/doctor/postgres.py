"""Whether the database is fit, and its user held to what the stages need."""

from __future__ import annotations

import time
from collections.abc import Callable

from yoyo import read_migrations

from pipeline.clock_skew import skew_finding
from pipeline.finding import Finding
from stages.adapters.database import Connection, Database, DatabaseRefused, DatabaseUnavailable, statement
from stages.adapters.database.access import Standing, standing
from stages.adapters.database.migrate import SOURCE
from stages.adapters.database.sealing import check_keys
from stages.adapters.vault import NEW_KEY, UnusableDataKeys, Vault
from stages.doctor.doors import door_finding
from stages.doctor.pooler import pooler_finding
from stages.settings import ShopSettings

OLDEST_POSTGRES = 15


async def postgres_findings(settings: ShopSettings, clock: Callable[[], float] = time.time) -> list[Finding]:
    """Version, way, clock, tables, rights, keys and who may come in; as far as one can get."""
    subject = "Database"
    if not settings.database_url:
        return [Finding("error", subject, "DATABASE_URL is not set: say where Postgres listens.")]
    try:
        # Without prepared statements: whether they would be kept is yet to be found.
        database = await Database.connect(
            settings.database_url, pooler=True, read_only=True, max_connections=1
        )
        try:
            return await _examine(database, settings, clock)
        finally:
            await database.close()
    except DatabaseUnavailable as error:
        return [Finding("error", subject, f"{error} Start it, or correct DATABASE_URL.")]
    except DatabaseRefused as error:
        return [Finding("error", subject, str(error))]


async def _examine(database: Database, settings: ShopSettings, clock: Callable[[], float]) -> list[Finding]:
    async with database.transaction() as connection:
        before = clock()
        there = float(await connection.fetchval("select extract(epoch from clock_timestamp())"))
        around = [
            _version(int(await connection.fetchval("show server_version_num"))),
            skew_finding("Database", there, before, clock()),
        ]
    around.append(await pooler_finding(settings))
    async with database.transaction() as connection:
        around.append(await _rights(connection))
    if around[-1].level == "ok":
        around.append(await _tables(database))
    if around[-1].level != "ok":
        return around
    async with database.transaction() as connection:
        return [
            *around,
            _access(await standing(connection)),
            await _data_keys(connection, settings),
            await door_finding(connection, settings),
        ]


async def _tables(database: Database) -> Finding:
    subject = "Tables"
    async with database.transaction() as connection:
        migrated = await connection.fetchval(statement("trail/is_migrated"))
        rows = await connection.fetch(statement("trail/applied_migrations")) if migrated else []
    applied = {row["migration_id"] for row in rows}
    missing = [each.id for each in read_migrations(SOURCE) if each.id not in applied]
    if missing:
        return Finding("error", subject, f"Not yet applied: {', '.join(missing)}. Run `tiktoksales migrate`.")
    return Finding("ok", subject, "They are up to date.")


async def _rights(connection: Connection) -> Finding:
    subject = "Rights"
    missing = [row["name"] for row in await connection.fetch(statement("access/missing_rights"))]
    if missing:
        return Finding(
            "error",
            subject,
            f"The user of DATABASE_URL may not do what the stages do with {len(missing)} of our tables "
            f"({', '.join(missing[:3])}{', ...' * (len(missing) > 3)}): log in as tiktoksales_stages, or let the "
            "tables' owner run `select lay_access()`.",
        )
    return Finding("ok", subject, "The user of DATABASE_URL may do what the stages do.")


def _access(who: Standing) -> Finding:
    subject = "Access"
    if not who.roles:
        return Finding(
            "warning",
            subject,
            "The roles tiktoksales_stages and tiktoksales_streamer are missing: let an administrator create both, and "
            "run `select lay_access()` as the owner of the tables.",
        )
    excess = [
        said
        for said, has in (
            ("is a superuser", who.superuser),
            ("is exempt from row-level security (BYPASSRLS)", who.exempt),
            ("owns the tables", who.owner),
        )
        if has
    ]
    if excess:
        return Finding(
            "warning",
            subject,
            f"The user {who.name} of DATABASE_URL {' and '.join(excess)}, which the stages don't need: let "
            "tiktoksales_stages log in (alter role ... login password '...'), and put the owner's URL into "
            "OWNER_DATABASE_URL for `tiktoksales migrate`.",
        )
    return Finding("ok", subject, f"{who.name} is held to row-level security.")


async def _data_keys(connection: Connection, settings: ShopSettings) -> Finding:
    subject = "Encryption"
    try:
        vault = Vault([key.get_secret_value() for key in settings.data_keys])
        sealed = await check_keys(connection, vault)
    except UnusableDataKeys as error:
        return Finding("error", subject, str(error))
    if not vault.has_keys:
        return Finding(
            "warning",
            subject,
            "DATA_KEYS is not set: no phone number and no e-mail address can be kept, so that nobody gets a message. "
            f"Make a key ({NEW_KEY}), keep it, and set DATA_KEYS to a JSON list that holds it.",
        )
    return Finding(
        "ok", subject, f"DATA_KEYS open{' what is stored' if sealed else '; nothing is stored yet'}."
    )


def _version(number: int) -> Finding:
    """`number` as in server_version_num: 150004 is 15.4."""
    version = f"Postgres {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRES:
        return Finding("error", "Database", f"{version} is too old: use Postgres {OLDEST_POSTGRES} or newer.")
    return Finding("ok", "Database", f"{version}.")
