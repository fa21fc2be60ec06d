"""Keeps the public stream as long as it is needed, and no longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgpack
import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from pipeline.engines.redis.archive_mark import ArchiveMark
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.engines.redis.tombstones import Tombstones
from pipeline.engines.redis.watermark import Watermark
from pipeline.entry_id import FIRST, id_text
from pipeline.metrics import ARCHIVE_BEHIND_SECONDS, ENTRIES_LOST
from pipeline.rounds import Rounds
from pipeline.settings import RuntimeSettings
from pipeline.stage import PUBLIC_STREAM
from pipeline.tombstone import tombstone_fields

_ROUND_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Trimmed:
    """How many entries went, and how many entries each stage will never be given: somebody else removed them."""

    entries: int
    losses: dict[str, int]


class Trimmer(Rounds):
    """An agent that trims `comments_stream` below the replay window and below what the stages at the door (`doors`)
    have settled, and keeps the checkpoints from which their groups are made again. `clock` gives epoch seconds."""

    name = "trimmer"

    def __init__(
        self,
        redis: Redis,
        settings: RuntimeSettings,
        doors: Sequence[str],
        watermark: Watermark,
        clock: Callable[[], float],
        archived: ArchiveMark | None = None,
    ) -> None:
        """`archived`: nothing goes that does not lie below it."""
        super().__init__(
            every_seconds=_ROUND_SECONDS, away=(*REDIS_AWAY, ResponseError), patience="not trimmed this time"
        )
        keys = Keys(settings.key_prefix)
        self._settings, self._doors, self._watermark, self._clock = settings, doors, watermark, clock
        self._archived = archived
        self._script = Script(redis, "trim")
        self._tombstones = Tombstones(redis, keys)
        self._keys = [keys.comments, self._tombstones.key, keys.attempts(PUBLIC_STREAM, None)]
        for door in doors:
            self._keys += [keys.checkpoint(door, None), keys.loss(door)]
        fields = tombstone_fields(doors[0], PUBLIC_STREAM, 0)
        self._tombstone = msgpack.packb(fields, use_bin_type=False)
        self._log = structlog.get_logger(stream=keys.comments)

    async def round(self) -> bool:
        """Trim, see to the tombstones, and forget the marks that nobody needs any more."""
        await self.trim()
        await self._tombstones.carry()
        for partition in range(self._settings.partitions):
            await self._watermark.forget(partition, self._clock())
        return False

    async def trim(self) -> Trimmed:
        """Trim once. Raises what redis-py raises."""
        oldest_ms = max(0, int((self._clock() - self._settings.replay_seconds) * 1000))
        oldest = (oldest_ms, 0)
        if self._archived:
            mark = await self._archived.read()
            ARCHIVE_BEHIND_SECONDS.labels(PUBLIC_STREAM).set(max(0, oldest_ms - (mark or FIRST)[0]) / 1000)
            oldest = min(oldest, mark or FIRST)
        entries, losses = await self._script(self._keys, id_text(oldest), self._tombstone, *self._doors)
        lost = {stage.decode(): count for stage, count in losses}
        for stage, count in lost.items():
            ENTRIES_LOST.labels(stage).inc(count)
            self._log.error(
                "somebody removed entries that nobody had read yet: they are lost", stage=stage, entries=count
            )
        return Trimmed(entries, lost)
