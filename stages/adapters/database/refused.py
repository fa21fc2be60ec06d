"""What the shop's owner has to put right before the database can be used."""

from __future__ import annotations

from stages.mendable import Mendable


class DatabaseRefused(Mendable):
    """The server does not take the user, the password or the database that DATABASE_URL names."""


class NotMigrated(Mendable):
    """The database has no tables of ours yet."""


class MigrationFailed(Mendable):
    """A migration could not be applied and left nothing behind; the message says why."""
