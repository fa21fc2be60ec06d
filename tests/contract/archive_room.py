"""A public stream beside an archive, with a clock that is set by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from pipeline.engines.redis.archive_mark import ArchiveMark, ArchiveTurn
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.history import RedisHistory
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.raw_entries import RawEntries
from pipeline.engines.redis.trimmer import Trimmer
from pipeline.engines.redis.watermark import Watermark
from pipeline.replay import Span
from pipeline.settings import RuntimeSettings
from stages.archive.archive import Archive, in_order
from stages.archive.archiver import Archiver
from stages.archive.entry import Entry
from stages.archive.history import WholeHistory
from stages.archive.redaction import Redaction
from stages.archive.store import Objects

GROUP = "ingest"
WINDOW_SECONDS = 10.0
SLOT_SECONDS = 1
DAY_MS = 1_700_006_400_000  # a midnight
EVER = Span(0, 2**41)


class ArchiveRoom:
    """What the tests of the archive ask for. `now` is in epoch seconds."""

    def __init__(self, redis: Redis, url: str, archive: Archive) -> None:
        self.redis, self.archive, self.keys = redis, archive, Keys()
        self.now = DAY_MS / 1000 + 3600
        self.entries, self.mark = RawEntries(redis, self.keys), ArchiveMark(redis, self.keys)
        self.archiver = self.another_archiver()
        settings = RuntimeSettings(redis_url=url, replay_seconds=WINDOW_SECONDS)
        watermark = Watermark(redis, self.keys, 1, GROUP)
        self.trimmer = Trimmer(redis, settings, [GROUP], watermark, lambda: self.now, self.mark)

    def another_archiver(self, archive: Archive | None = None) -> Archiver:
        """An archiver as in another process."""
        return Archiver(
            self.entries,
            self.mark,
            ArchiveTurn(self.redis, self.keys),
            archive or self.archive,
            window_seconds=WINDOW_SECONDS,
            slot_seconds=SLOT_SECONDS,
            clock=lambda: self.now,
        )

    def history(self, streamer: str | None = None, page: int = 500) -> WholeHistory:
        """Archive and stream as one."""
        stream = RedisHistory(self.redis, self.keys)
        return WholeHistory(self.archive, self.mark, self.entries, stream, streamer, page)

    def redaction(self) -> Redaction:
        """Who forgets."""
        return Redaction(self.archive, ArchiveTurn(self.redis, self.keys))

    async def add(self, milliseconds: int, *parts: str | bytes, number: str = "*") -> str:
        """An entry that came so long after midnight."""
        fields = parts or ("streamer", "ana", "client", "bo", "message", "mine!")
        seq: bytes = await self.redis.execute_command(
            "XADD", self.keys.comments, f"{DAY_MS + milliseconds}-{number}", *fields
        )
        return seq.decode()

    async def settle_all(self) -> None:
        """Read and acknowledge everything, as ingest does."""
        await self.redis.execute_command("XGROUP", "CREATE", self.keys.comments, GROUP, "$")

    async def archive_all(self) -> None:
        """Let the archiver go on until there is nothing left for it. Raises what a round raises."""
        while await self.archiver.round():
            pass

    async def archived(self) -> list[Entry]:
        """Everything in the archive, in order."""
        stretches = await self.archive.stretches((0, 0), (2**42, 0))
        return [entry async for page in in_order(self.archive.read, stretches) for entry in page]

    async def stream_ids(self) -> list[str]:
        """What still lies in the stream."""
        return [raw.seq async for page in self.entries.pages((0, 0), (2**42, 0), 100) for raw in page]

    async def past_ids(self, streamer: str | None = None, page: int = 500) -> list[str]:
        """What a replay reads."""
        return [entry.seq async for part in self.history(streamer, page).pages(EVER) for entry in part]


@asynccontextmanager
async def archive_room(url: str, folder: Path) -> AsyncIterator[ArchiveRoom]:
    """The room, with its archive in a folder."""
    redis = connect(url)
    try:
        yield ArchiveRoom(redis, url, Archive(Objects(folder.as_uri())))
    finally:
        await redis.aclose()
