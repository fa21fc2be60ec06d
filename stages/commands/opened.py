"""What a verb of the shop needs while it runs: settings, database, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from stages.adapters.database import Database, NotMigrated, statement
from stages.adapters.vault import Vault
from stages.settings import ShopSettings, require
from stages.sources import Sources


@asynccontextmanager
async def opened_database(settings: ShopSettings) -> AsyncIterator[Database]:
    """The database, for as long as the verb runs. Raises MissingSetting, NotMigrated, DatabaseRefused and
    DatabaseUnavailable."""
    require(settings, database_url="where Postgres listens")
    database = await Database.connect(
        settings.database_url, pooler=settings.database_pooler, max_connections=2
    )
    try:
        async with database.transaction() as connection:
            if not await connection.fetchval(statement("trail/is_migrated")):
                raise NotMigrated("The database has no tables yet: run `tiktoksales migrate` first.")
        yield database
    finally:
        await database.close()


def sources_of(settings: ShopSettings) -> Sources:
    """Who may push, with the settings' keys."""
    keys = {name: key.get_secret_value() for name, key in settings.source_keys.items()}
    return Sources(keys, settings.verified_sources)


def vault_of(settings: ShopSettings) -> Vault:
    """The vault with the settings' keys. Raises UnusableDataKeys."""
    return Vault([key.get_secret_value() for key in settings.data_keys])
