"""How long it takes until what a victim had in hand is settled by somebody."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from benchmarks.recovery.kill_points import STAGES
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from pipeline.settlement import EVENTS
from pipeline.stage import PUBLIC_STREAM, Limits

_LOOK_SECONDS = 0.1
_MOST = 100_000
_OFTEN = Limits(timeout_seconds=1).crash_limit - 1
"""An entry given out once may still lie with a dead owner: it is given out again, dies with the next victim, and comes
to the limit with whoever gets it then."""

Place = tuple[str, int]
"""A stage and a partition."""


@dataclass(slots=True)
class _Open:
    since: float
    entries: dict[Place, set[bytes]]


class Recoveries:
    """Measures: from the kill until none of the entries that the victim had in hand is pending any more. What waits
    for a retry is in nobody's hands."""

    def __init__(self, redis: Redis, keys: Keys, partitions: int, clock: Callable[[], float]) -> None:
        self._redis, self._keys, self._clock = redis, keys, clock
        self._places = [
            (stage, partition)
            for stage in STAGES
            for partition in range(1 if stage == "ingest" else partitions)
        ]
        self._open: list[_Open] = []
        self.seconds: list[float] = []
        self.unmeasured = 0

    async def in_hand(self, consumer: str | None = None) -> dict[Place, set[bytes]]:
        """What a consumer, or all of them, were given and have neither settled nor put off."""
        found = {place: await self._pending(place, consumer) for place in self._places}
        return {place: set(ids) for place, ids in found.items() if ids}

    async def note(self, consumer: str | None = None) -> None:
        """The consumer (or everybody) was just killed. Where Redis can't say what was in hand, it is counted."""
        since = self._clock()
        try:
            self.begin(since, await self.in_hand(consumer))
        except REDIS_AWAY:
            self.unmeasured += 1

    def begin(self, since: float, entries: Mapping[Place, set[bytes]]) -> None:
        """These entries were in hand at a kill; without any there is nothing to measure."""
        if entries:
            self._open.append(_Open(since, dict(entries)))

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            if self._open:
                try:
                    await self._look()
                except REDIS_AWAY:
                    continue  # looked at again when it is back

    async def until_none_died_often(self) -> None:
        """Return once no pending entry was given out more than once since a handler last survived it: with one more
        process that dies, and the delivery after it, it stays within the stages' crash limit."""
        while True:
            with contextlib.suppress(*REDIS_AWAY):  # it is on its way back
                rows = [row for place in self._places for row in await self._rows(place, None)]
                if all(deliveries < _OFTEN for _, _, _, deliveries in rows):
                    return
            await asyncio.sleep(_LOOK_SECONDS)

    @property
    def p99(self) -> float | None:
        """The 99th percentile of the times (nearest rank), None without any."""
        if not self.seconds:
            return None
        return sorted(self.seconds)[math.ceil(0.99 * len(self.seconds)) - 1]

    async def _look(self) -> None:
        pending = {place: await self._pending(place, None, retrying=True) for place in self._places}
        for waiting in list(self._open):
            waiting.entries = {
                place: left for place, ids in waiting.entries.items() if (left := ids & pending[place])
            }
            if not waiting.entries:
                self._open.remove(waiting)
                self.seconds.append(self._clock() - waiting.since)

    async def _pending(self, place: Place, consumer: str | None, *, retrying: bool = False) -> set[bytes]:
        ids = {row[0] for row in await self._rows(place, consumer)}
        if retrying:
            return ids
        stage, partition = place
        retries = self._keys.retry(stage, None if stage == "ingest" else partition)
        return ids - set(await self._redis.zrange(retries, 0, -1))

    async def _rows(self, place: Place, consumer: str | None) -> list[Any]:
        """Id, consumer, idle time and deliveries of what is pending."""
        stage, partition = place
        key = stream_key(self._keys, stage, partition)
        whose: Sequence[str] = (consumer,) if consumer else ()
        try:
            rows: list[Any] = await self._redis.execute_command(
                "XPENDING", key, stage, "-", "+", _MOST, *whose
            )
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            return []
        return rows


def stream_key(keys: Keys, stage: str, partition: int) -> str:
    """The stream that a stage reads."""
    return keys.stream({"ingest": PUBLIC_STREAM, "projector": EVENTS}.get(stage, stage), partition)
