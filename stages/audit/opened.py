"""Whom an audit asks, as the settings have it."""

from __future__ import annotations

from pipeline.engines.redis.archive_mark import ArchiveMark
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.engines.redis.standing import Standing
from stages.adapters.database.audit import AuditedComments
from stages.adapters.database.history import Past
from stages.archive.opened import archive_of
from stages.audit.auditor import Witnesses
from stages.backbone import DOOR
from stages.wiring import Wiring


def witnesses_of(wiring: Wiring) -> Witnesses:
    """Archive, stream and database. Raises UnusableArchive."""
    redis, keys = wiring.redis, wiring.keys
    return Witnesses(
        archive=archive_of(wiring.settings),
        mark=ArchiveMark(redis, keys),
        entries=RawEntries(redis, keys),
        standing=Standing(redis, keys),
        stored=AuditedComments(wiring.database),
        past=Past(wiring.database),
        door=DOOR,
    )
