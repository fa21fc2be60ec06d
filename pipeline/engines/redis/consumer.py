"""One stage at work on one partition: read, understand, handle, settle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import structlog
from redis.exceptions import ResponseError

from pipeline.backoff import delay_seconds
from pipeline.decision import Decider, Work
from pipeline.engines.redis.connection import BLOCK_SECONDS, REDIS_AWAY
from pipeline.engines.redis.settler import Settler
from pipeline.engines.redis.streams import StageStream
from pipeline.envelope import NewerVersion
from pipeline.execution import execute
from pipeline.reading import CrashLoop, Reading
from pipeline.settlement import Delivery
from pipeline.stage import Reject, Stage
from schemas.codec import UnreadableRecord

_PAGE = 100  # entries of the own pending list asked for at once


class Consumer:
    """Runs `stage` on the entries of `stream`. Holds at most `capacity` entries; each is settled by the fenced
    settle, so that losing one to another consumer costs work but never a doubled write."""

    def __init__(
        self,
        stage: Stage[Any],
        stream: StageStream,
        *,
        partitions: int,
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._stage, self._stream, self._random = stage, stream, random
        self._reading = Reading(stage, stream.partition, partitions, clock)
        self._decider = Decider(stage, clock, random)
        self._settler = Settler(stream, self._let_go, random)
        self._queue: asyncio.Queue[Work] = asyncio.Queue()
        self._in_hand: set[str] = set()
        self._freed = asyncio.Event()
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger(stage=stage.name, partition=stream.partition)
        limits = stage.limits
        # A batch may wait while another one runs; single records are read when a slot is free, not before.
        self._take = limits.batch_size if stage.batch else 1
        self._runners = 1 if stage.batch else limits.concurrency
        self._capacity = 2 * limits.batch_size if stage.batch else limits.concurrency

    @property
    def free(self) -> int:
        """How many more entries it may hold."""
        return self._capacity - len(self._in_hand)

    def stop_reading(self) -> None:
        """Take no new entries; what is in hand goes on."""
        self._stopping.set()
        self._freed.set()

    async def run(self) -> None:
        """Work until `stop_reading`, then until nothing is in hand. Cancel it to leave the rest pending."""
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(self._runners)]
            workers.append(group.create_task(self._settler.run()))
            await self._read_until_stopped()
            while self._in_hand:
                await self._wait_for_freed()
            for worker in workers:
                worker.cancel()

    def accept(self, deliveries: Iterable[Delivery]) -> None:
        """Take deliveries in hand, but those that already are."""
        for delivery in deliveries:
            if delivery.entry_id not in self._in_hand:
                self._in_hand.add(delivery.entry_id)
                self._understand(delivery)

    async def _read_until_stopped(self) -> None:
        broken = 0
        while not self._stopping.is_set():
            try:
                await self._stream.ensure_group()
                await self._recover()
                broken = 0
                await self._read()
            except REDIS_AWAY as error:
                broken += 1
                await self._pause(broken, error)
            except ResponseError as error:
                # The group is gone after a flush or a failover; it is made again above. UNBLOCKED: the stream was.
                if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                    raise
                broken += 1
                await self._pause(broken, error)

    async def _recover(self) -> None:
        """What was delivered to this consumer's name and never settled: a dead process' work, or entries that a
        dropped connection hid."""
        after = ""
        while not self._stopping.is_set():
            ids, deliveries, gone = await self._stream.own_pending(after, min(_PAGE, max(self.free, 1)))
            self.accept(deliveries)
            self.report_lost(gone)
            if not ids:
                return
            after = ids[-1]
            while self.free <= 0 and not self._stopping.is_set():
                await self._wait_for_freed()

    async def _read(self) -> None:
        while not self._stopping.is_set():
            if self.free <= 0:
                await self._wait_for_freed()
                continue
            self.accept(await self._stream.read(self.free, int(BLOCK_SECONDS * 1000)))

    def report_lost(self, gone: Sequence[str]) -> None:
        """Say that entries were removed from the stream by somebody else while they were pending."""
        if gone:
            self._log.error("entries were removed from the stream while pending: they are lost", ids=gone)

    def _understand(self, delivery: Delivery) -> None:
        try:
            self._queue.put_nowait(self._reading.work(delivery))
        except NewerVersion:
            self._settler.add(self._decider.leave_for_newer_reader(delivery))
        except (UnreadableRecord, CrashLoop) as error:
            reject = Reject(str(error), type(error).__name__)
            self._settler.add(self._decider.refuse(delivery, self._stream.partition, reject))

    async def _work(self) -> None:
        while True:
            works = [await self._queue.get()]
            while len(works) < self._take and not self._queue.empty():
                works.append(self._queue.get_nowait())
            outcomes = await execute(self._stage, [work.record for work in works])
            for work, outcome in zip(works, outcomes, strict=True):
                self._settler.add(self._decider.decide(work, outcome))

    def _let_go(self, entry_id: str) -> None:
        self._in_hand.discard(entry_id)
        self._freed.set()

    async def _wait_for_freed(self) -> None:
        self._freed.clear()
        await self._freed.wait()

    async def _pause(self, broken: int, error: Exception) -> None:
        wait = delay_seconds(broken, base_seconds=0.1, cap_seconds=2.0, random=self._random)
        self._log.warning("reading broke off; trying again", error=str(error), seconds=round(wait, 3))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait)
