"""Collects settlements and writes them in batches: while one call is under way, the next batch grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog
from redis.exceptions import ResponseError

from pipeline.backoff import delay_seconds
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.streams import Settling, StageStream
from pipeline.meter import StageMeter
from pipeline.metrics import SETTLES_FENCED
from pipeline.settlement import Onward, Postponed, Settled, Settlement

_MOST = 512  # settlements in one call: a script holds up every other client while it runs
_MOST_BYTES = 8 * 1024 * 1024  # far below the largest argument that Redis takes
_BACKOFF_SECONDS, _BACKOFF_CAP_SECONDS = 0.05, 2.0


class Settler:
    """Writes settlements to `stream`; `settled` is called with the ids of entries once they are out of our hands,
    `removed` with ids of entries that somebody else had removed from the stream."""

    def __init__(
        self,
        stream: StageStream,
        meter: StageMeter,
        settled: Callable[[Sequence[str]], None],
        removed: Callable[[Sequence[str]], None],
        random: Callable[[], float],
    ) -> None:
        self._stream, self._meter = stream, meter
        self._settled, self._removed, self._random = settled, removed, random
        self._waiting: list[Settlement] = []
        self._writing: Sequence[Settlement] = ()
        self._wake = asyncio.Event()
        self._log = structlog.get_logger(stream=stream.key)

    def add(self, settlements: Sequence[Settlement]) -> None:
        """Hand over settlements; they are written soon."""
        self._waiting += settlements
        self._wake.set()

    @property
    def held(self) -> set[str]:
        """Ids of entries of which a settlement is on its way."""
        return {each.entry_id for each in (*self._writing, *self._waiting)}

    @property
    def postponed(self) -> list[str]:
        """Ids of entries whose waiting for a later time is on its way to being written, or may be written already."""
        return [each.entry_id for each in (*self._writing, *self._waiting) if isinstance(each, Postponed)]

    def forget(self, entry_ids: Collection[str]) -> None:
        """Write nothing for these entries any more, as far as it is not under way."""
        self._waiting = [each for each in self._waiting if each.entry_id not in entry_ids]

    async def run(self) -> None:
        """Write until cancelled. Redis being away is waited out with the batch in hand: a settlement offered twice
        is written once, since after the first time the entry is no longer owned. Raises Fenced."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._writing = self._next_batch()
                await self._write(batch)
                self._writing = ()
                self._settled([settlement.entry_id for settlement in batch])

    def _next_batch(self) -> list[Settlement]:
        count = min(len(self._waiting), _MOST)
        while count > 1 and _size(self._waiting[:count]) > _MOST_BYTES:
            count //= 2
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    async def _write(self, batch: list[Settlement]) -> None:
        attempt = 0
        while True:
            try:
                settling = await self._stream.settle(batch)
            except REDIS_AWAY as error:
                attempt += 1
                wait = delay_seconds(
                    attempt,
                    base_seconds=_BACKOFF_SECONDS,
                    cap_seconds=_BACKOFF_CAP_SECONDS,
                    random=self._random,
                )
                self._log.warning("Redis is away; settlements wait", error=str(error), seconds=round(wait, 3))
                await asyncio.sleep(wait)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                # Somebody emptied Redis: the entries are gone, and with them whatever could be settled.
                ids = [settlement.entry_id for settlement in batch]
                self._log.error("the stream's group is gone; these outcomes are lost", ids=ids)
                return
            else:
                self._report(batch, settling)
                return

    def _report(self, batch: Sequence[Settlement], settling: Settling) -> None:
        unwritten = {*settling.lost, *settling.gone}
        self._meter.written(
            [each for each in batch if each.entry_id not in unwritten] if unwritten else batch
        )
        if settling.lost:
            SETTLES_FENCED.labels(self._stream.stage).inc(len(settling.lost))
            self._log.warning("another consumer owns these entries now; nothing written", ids=settling.lost)
        self._removed(settling.gone)


def _size(settlements: Sequence[Settlement]) -> int:
    """Of records and dead letters' originals: nothing else is large."""
    onward = [len(each.envelope.data) for each in settlements if isinstance(each, Onward)]
    settled = [each for each in settlements if isinstance(each, Settled)]
    return sum(onward) + sum([len(append.fields[-1]) for each in settled for append in each.appends])
