"""Watches the stages: what waits, for how long, and how fast it goes. What is unknown is None, never 0."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.engines.redis.stage_gauge import Gauge
from pipeline.stage import PUBLIC_STREAM
from stages.backbone import ReadGauge

_WINDOW_SECONDS = 10.0
_AT_LEAST_SECONDS = 1.0  # between two readings
_SLOW_SECONDS = 10.0  # a comment should have become an order long before
_SILENT_SECONDS = 30.0  # whoever has nothing to do reads every second or two


@dataclass(frozen=True, slots=True)
class StageHealth:
    """A stage over the last seconds, rounded as it is shown. `rate`: entries finished in a second; `oldest_seconds`:
    age of the oldest unfinished entry, None where nothing is unfinished; `silent_seconds`: how long no process of it
    was heard of, None where that is not long ago. Without `was_there`, none ever was."""

    stage: str
    was_there: bool
    rate: float | None = None
    unfinished: int | None = None
    retrying: int = 0
    silent_seconds: int | None = None
    oldest_seconds: float | None = None

    @property
    def is_slow(self) -> bool:
        """Something waits too long."""
        return self.oldest_seconds is not None and self.oldest_seconds > _SLOW_SECONDS

    @property
    def is_silent(self) -> bool:
        """Its processes are not there, or have been held up for long."""
        return not self.was_there or self.silent_seconds is not None


@dataclass(frozen=True, slots=True)
class _Reading:
    at: float
    gauges: Mapping[str, Mapping[int, Gauge | None]]


class StageWatch:
    """Looks at the stages, at most once a second however many ask; `streams` are the streams that they read."""

    def __init__(
        self,
        read: ReadGauge,
        streams: Mapping[str, str],
        partitions: int,
        clock: Callable[[], float],
        door_partitions: int = 1,
    ) -> None:
        self._read, self._streams, self._partitions, self._clock = read, streams, partitions, clock
        self._door_partitions = door_partitions
        self._readings: deque[_Reading] = deque()
        self._one_at_a_time = asyncio.Lock()

    async def look(self, partition: int | None = None) -> tuple[StageHealth, ...]:
        """The stages in their order, over all partitions or in one. Raises what redis-py raises."""
        async with self._one_at_a_time:
            await self._read_again()
        wanted = range(self._partitions) if partition is None else (partition,)
        return tuple(self._health(stage, wanted) for stage in self._streams)

    async def _read_again(self) -> None:
        now = self._clock()
        if self._readings and now - self._readings[-1].at < _AT_LEAST_SECONDS:
            return
        if self._readings and now - self._readings[-1].at > _WINDOW_SECONDS:
            self._readings.clear()  # nobody looked meanwhile
        gauges = {stage: await self._gauges(stage, stream) for stage, stream in self._streams.items()}
        self._readings.append(_Reading(now, gauges))
        while len(self._readings) > 2 and now - self._readings[1].at >= _WINDOW_SECONDS:
            self._readings.popleft()

    async def _gauges(self, stage: str, stream: str) -> dict[int, Gauge | None]:
        partitions = self._door_partitions if stream == PUBLIC_STREAM else self._partitions
        return {each: await self._read(stage, stream, each) for each in range(partitions)}

    def _health(self, stage: str, partitions: Iterable[int]) -> StageHealth:
        # In Redis the public stream has no partitions: its stage stands in the first one.
        is_whole = self._streams[stage] == PUBLIC_STREAM and self._door_partitions == 1
        only = (0,) if is_whole else tuple(partitions)
        last = self._readings[-1].gauges[stage]
        there = [gauge for each in only if (gauge := last[each])]
        heard = [each.heard_seconds for each in there if each.heard_seconds is not None]
        if len(heard) < len(only):  # a partition that nobody serves, whatever is done in the others
            return StageHealth(stage, was_there=False)
        ages = [each.oldest_seconds for each in there if each.oldest_seconds is not None]
        return StageHealth(
            stage,
            was_there=True,
            rate=self._rate(stage, only),
            unfinished=_sum(each.unfinished for each in there),
            retrying=sum(each.retrying for each in there),
            silent_seconds=round(max(heard)) if max(heard) > _SILENT_SECONDS else None,
            oldest_seconds=_shown(max(ages)) if ages else None,
        )

    def _rate(self, stage: str, partitions: Iterable[int]) -> float | None:
        """Of the window; None where it was looked at once only, or a count is not known or was begun anew."""
        first, last = self._readings[0], self._readings[-1]
        if last.at <= first.at:
            return None
        done = 0
        for each in partitions:
            before, after = first.gauges[stage][each], last.gauges[stage][each]
            if not (before and after) or before.settled is None or after.settled is None:
                return None
            if after.settled < before.settled:
                return None
            done += after.settled - before.settled
        return _shown(done / (last.at - first.at))


def _shown(number: float) -> float:
    """With a decimal where it is small."""
    return round(number, 1) if number < _SLOW_SECONDS else float(round(number))


def _sum(counts: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    total = 0
    for each in counts:
        if each is None:
            return None
        total += each
    return total
