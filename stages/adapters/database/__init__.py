"""Postgres: the pool and its only door, the SQL files, and the migrations."""

from stages.adapters.database.pool import Connection, Database
from stages.adapters.database.refused import DatabaseRefused, MigrationFailed, NotMigrated
from stages.adapters.database.statements import statement
from stages.adapters.database.unavailable import DatabaseUnavailable

__all__ = [
    "Connection",
    "Database",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "MigrationFailed",
    "NotMigrated",
    "statement",
]
