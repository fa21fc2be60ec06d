"""The archive as the settings have it. Who has none does not wait for Arrow, nor give it 30 MB."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from pipeline.engines.redis.archive_mark import ArchiveMark, ArchiveTurn
from pipeline.engines.redis.history import RedisHistory
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.replay import History
from pipeline.rounds import Errand, Rounds
from stages.archive.failure import NoArchive
from stages.settings import ShopSettings
from stages.wiring import Wiring

if TYPE_CHECKING:
    from stages.archive.archive import Archive
    from stages.archive.redaction import Redaction


def archive_of(settings: ShopSettings) -> Archive | None:
    """The archive; None where there is to be none. Raises UnusableArchive."""
    if not settings.archive_url:
        return None
    from stages.archive.archive import Archive
    from stages.archive.store import Objects

    return Archive(Objects(settings.archive_url))


def archiver_of(wiring: Wiring) -> Rounds:
    """Who archives; who does nothing where ARCHIVE_URL is not set. Raises UnusableArchive."""
    archive = archive_of(wiring.settings)
    if archive is None:
        return Errand("archiver", _nothing, away=())
    from stages.archive.archiver import Archiver

    return Archiver(
        RawEntries(wiring.redis, wiring.keys),
        ArchiveMark(wiring.redis, wiring.keys),
        ArchiveTurn(wiring.redis, wiring.keys),
        archive,
        window_seconds=wiring.settings.replay_seconds,
        slot_seconds=wiring.settings.archive_every_seconds,
        clock=time.time,
    )


def mark_of(wiring: Wiring) -> ArchiveMark | None:
    """What the trimmer must heed; None where nothing is archived."""
    return ArchiveMark(wiring.redis, wiring.keys) if wiring.settings.archive_url else None


def history_of(settings: ShopSettings, redis: Redis, keys: Keys, streamer: str | None) -> History:
    """What came through the public door: from the archive on, where there is one. Raises UnusableArchive."""
    stream, archive = RedisHistory(redis, keys), archive_of(settings)
    if archive is None:
        return stream
    from stages.archive.history import WholeHistory

    return WholeHistory(archive, ArchiveMark(redis, keys), RawEntries(redis, keys), stream, streamer)


async def redaction_of(wiring: Wiring) -> Redaction | None:
    """Who forgets viewers in the archive; None where nothing was archived. Raises NoArchive and UnusableArchive."""
    archive = archive_of(wiring.settings)
    if archive is None:
        if await ArchiveMark(wiring.redis, wiring.keys).read():
            raise NoArchive
        return None
    from stages.archive.redaction import Redaction

    return Redaction(archive, ArchiveTurn(wiring.redis, wiring.keys))


async def _nothing() -> None:
    """There is no archive."""
