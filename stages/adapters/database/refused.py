"""What the shop's owner has to put right before the database can be used."""

from __future__ import annotations


class DatabaseRefused(Exception):
    """The server does not take the user, the password or the database that DATABASE_URL names."""


class NotMigrated(Exception):
    """The database has no tables of ours yet."""


class MigrationFailed(RuntimeError):
    """A migration could not be applied and left nothing behind; the message says why."""
