"""How a stage stands in one partition, as far as the server knows."""

from __future__ import annotations

from dataclasses import dataclass

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script
from pipeline.stage import PUBLIC_STREAM


@dataclass(frozen=True, slots=True)
class Gauge:
    """A stage at one moment. `unfinished`: entries that wait, are in hand or are put off, `retrying` of them put off;
    `settled`: how many it has finished since its stream was made. `heard_seconds`: how long no process of it was heard
    of (None: none ever was), `oldest_seconds`: how long the oldest unfinished entry lies there (None: nothing is
    unfinished). None for the counts means that the server does not know them."""

    unfinished: int | None
    retrying: int
    settled: int | None
    heard_seconds: float | None
    oldest_seconds: float | None


class StageGauges:
    """Reads gauges, each by one script that changes nothing."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis, self._keys = redis, keys
        self._gauge = Script(redis, "stage_gauge")

    async def read(self, stage: str, stream: str, partition: int) -> Gauge | None:
        """The stage's gauge; None where no process of it has ever been there. Raises what redis-py raises."""
        key = self._keys.stream(stream, partition)
        found = await self._gauge([key], stage)
        if not found:
            return None
        length, added, pending, unread, heard_ms, oldest_ms = found
        if stream == PUBLIC_STREAM:
            # Settled entries stay in it.
            unfinished = None if unread < 0 else unread + pending
            settled = None if unfinished is None else added - unfinished
        else:
            unfinished, settled = length, added - length
        place = None if stream == PUBLIC_STREAM else partition
        retrying = await self._redis.zcard(self._keys.retry(stage, place))
        return Gauge(unfinished, int(retrying), settled, _seconds(heard_ms), _seconds(oldest_ms))


def _seconds(milliseconds: int) -> float | None:
    return None if milliseconds < 0 else milliseconds / 1000
