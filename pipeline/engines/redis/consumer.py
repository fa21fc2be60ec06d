"""One stage at work on one partition: read, understand, have it handled, settle."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from typing import Any

import structlog
from redis.exceptions import ResponseError

from pipeline.cancellation import together
from pipeline.decision import Decider, Work
from pipeline.engines.redis.connection import BLOCK_SECONDS, REDIS_AWAY
from pipeline.engines.redis.handling import Handling
from pipeline.engines.redis.patience import Patience
from pipeline.engines.redis.settler import Settler
from pipeline.engines.redis.streams import StageStream
from pipeline.meter import StageMeter
from pipeline.metrics import ENTRIES_LOST, GROUPS_RECREATED
from pipeline.reading import Reading
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Stage
from pipeline.understanding import understand

_PAGE = 100  # entries of the own pending list asked for at once
_LOOK_SECONDS = 0.25  # between two looks whether it is our turn, or the next stage has caught up
_RELEASE_SECONDS = 3.0  # for giving back what is in hand; after that its lease runs out


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
        self._stage, self._stream = stage, stream
        self._log = structlog.get_logger(stage=stage.name, partition=stream.partition)
        self._patience = partial(Patience, self._log, random)
        self._reading = Reading(stage, stream.partition, partitions, clock)
        self._decider = Decider(stage, clock, random)
        self._meter = StageMeter(
            stage.name,
            stream.partition,
            clock,
            is_door=stage.door is not None,
            slots=1 if stage.batch else stage.limits.concurrency,
        )
        self._settler = Settler(stream, self._meter, self._let_go, self.report_removed, random)
        self._handling = Handling(stage, stream, self, self._decider, self._patience, self._meter)
        self._in_hand: dict[str, Delivery] = {}
        self._freed = asyncio.Event()
        self._stopping, self._releasing = asyncio.Event(), asyncio.Event()
        limits = stage.limits
        # A batch may wait while another one runs; single records are read when a slot is free, not before.
        self._capacity = 2 * limits.batch_size if stage.batch else limits.concurrency
        self._began = self._stands_by = self._must_recover = self._has_lost = False
        self._ahead_of_reader = 0
        self.is_at_work = False  # whether the stream is open, and it is our turn

    @property
    def free(self) -> int:
        """How many more entries it may take: none while the next stage can't keep up or has enough to do, or once it
        is to stop."""
        if self._stream.is_pressed or self._stream.is_ahead or self._stopping.is_set():
            return 0
        return self._capacity - len(self._in_hand)

    @property
    def in_hand(self) -> list[str]:
        """Ids of the entries it holds."""
        return list(self._in_hand)

    @property
    def undecided(self) -> set[str]:
        """Ids of the entries it holds of which nothing is on its way to being written."""
        return self._in_hand.keys() - self._settler.held

    @property
    def postponed(self) -> list[str]:
        """Ids of the entries it holds that may wait for a later time already."""
        return self._settler.postponed

    def stop_reading(self) -> None:
        """Take no new entries; what is in hand goes on."""
        self._stopping.set()
        self._freed.set()

    def release(self) -> None:
        """Finish nothing more: what is in hand goes back, due at once for whoever is there."""
        self._releasing.set()
        self._freed.set()

    async def run(self) -> None:
        """Work until `stop_reading`, then until nothing is in hand or `release`. Raises Fenced."""
        await together(self._work(), self._settler.run())

    def accept(self, deliveries: Iterable[Delivery]) -> None:
        """Take deliveries in hand, but those that already are."""
        fresh = {each.entry_id: each for each in deliveries if each.entry_id not in self._in_hand}
        if not fresh:
            return
        self._in_hand.update(fresh)
        self._meter.received(fresh.values())
        if self._releasing.is_set():  # they were asked for before, and nobody will handle them here
            self.settle([self._decider.release(delivery) for delivery in fresh.values()])
        else:
            self._understand(fresh.values())
        self._meter.holds(len(self._in_hand))

    def lose(self, entry_ids: Sequence[str]) -> None:
        """These entries are no longer ours: their handlers are cancelled, unless they work on others too."""
        self._has_lost = self._has_lost or bool(entry_ids)
        self._settler.forget(entry_ids)
        self._let_go(entry_ids)
        self._handling.give_up(entry_ids)

    def recover_soon(self) -> None:
        """An answer got lost, and with it perhaps entries: look for them before the next read."""
        self._must_recover = True

    @contextlib.asynccontextmanager
    async def before_the_reader(self) -> AsyncIterator[None]:
        """As soon as there is room, and before fresh entries take it: what comes back would starve behind them."""
        self._ahead_of_reader += 1
        try:
            while self.free <= 0 and not (self._stream.is_pressed or self._stopping.is_set()):
                await self._wait_for_freed()
            yield
        finally:
            self._ahead_of_reader -= 1
            self._freed.set()

    def holds(self, works: Sequence[Work]) -> list[bool]:
        """Whether each work's very delivery is in hand: the entry may have been lost, and even have come back."""
        if not self._has_lost:  # as nearly always: what is worked on is only let go by being settled
            return [True] * len(works)
        held = self._in_hand.get
        return [held(work.delivery.entry_id) is work.delivery for work in works]

    def settle(self, settlements: Sequence[Settlement]) -> None:
        """Have written what became of entries that are in hand."""
        self._settler.add(settlements)

    def report_removed(self, entry_ids: Sequence[str]) -> None:
        """Say that entries were removed from the stream by somebody else while they were pending."""
        if entry_ids:
            ENTRIES_LOST.labels(self._stage.name).inc(len(entry_ids))
            self._log.error(
                "entries were removed from the stream while pending: they are lost", ids=entry_ids
            )

    async def _work(self) -> None:
        await together(self._read_and_drain(), self._handling.run())
        await self._give_back()

    async def _read_and_drain(self) -> None:
        await self._read_until_stopped()
        while self._in_hand and not self._releasing.is_set():
            await self._wait_for_freed()

    async def _read_until_stopped(self) -> None:
        patience = self._patience()
        while not self._stopping.is_set():
            try:
                if not await self._is_our_turn():
                    continue
                await self._recover()
                patience.is_served()
                await self._read()
            except REDIS_AWAY as error:
                await self._rest(patience.after(error))
            except ResponseError as error:
                # The group is gone after a flush or a failover; it is made again above. UNBLOCKED: the stream was.
                if not str(error).startswith(("NOGROUP", "UNBLOCKED")):
                    raise
                await self._rest(patience.after(error))

    async def _is_our_turn(self) -> bool:
        """Open the stream. Where another process is at work on an exclusive stage: wait a little, and say no."""
        opening = await self._stream.open()
        if opening.made and self._began:
            GROUPS_RECREATED.labels(self._stage.name).inc()
            self._log.error(
                "the stream's group was gone, and is made again: what Redis held may be lost. "
                "`tiktoksales replay --from-database` feeds the comments that have no end"
            )
        self.is_at_work = not opening.holder
        if self.is_at_work:
            self._began, self._stands_by = True, False
            return True
        if not self._stands_by:
            self._log.info("another process is at work; standing by", holder=opening.holder)
            self._stands_by = True
        await self._rest(_LOOK_SECONDS)
        return False

    async def _recover(self) -> None:
        """What was delivered to this consumer's name and never settled: a dead process' work, or entries that a
        dropped connection hid."""
        after, self._must_recover = "", False
        while not self._stopping.is_set():
            taken = await self._stream.own_pending(after, min(_PAGE, max(self.free, 1)), self._in_hand)
            self.accept(taken.deliveries)
            self.report_removed(taken.gone)
            if not taken.where:
                return
            after = taken.where
            while self.free <= 0 and not self._stopping.is_set():
                await self._wait_for_room()

    async def _read(self) -> None:
        with self._stream.reading():
            while not (self._stopping.is_set() or self._must_recover):
                if self.free <= 0 or self._ahead_of_reader:
                    await self._wait_for_room()
                    continue
                deliveries = await self._stream.read(self.free, int(BLOCK_SECONDS * 1000))
                self.accept(deliveries)
                if 0 < len(deliveries) < self._stage.limits.batch_size and self._stage.gathers_seconds > 0:
                    await self._rest(self._stage.gathers_seconds)

    def _understand(self, deliveries: Iterable[Delivery]) -> None:
        reading, decider, now_ms = self._reading, self._decider, self._reading.now_ms()
        understood = [understand(delivery, reading, decider, now_ms) for delivery in deliveries]
        works = [each for each in understood if isinstance(each, Work)]
        self._handling.add(works)
        if len(works) < len(understood):
            self.settle([each for each in understood if not isinstance(each, Work)])

    def _let_go(self, entry_ids: Iterable[str]) -> None:
        for entry_id in entry_ids:
            self._in_hand.pop(entry_id, None)
        self._meter.holds(len(self._in_hand))
        self._freed.set()

    async def _give_back(self) -> None:
        """Write the outcomes there are, and release the rest of what is in hand."""
        decided = self._settler.held
        idle = [self._in_hand[entry_id] for entry_id in self._in_hand if entry_id not in decided]
        self.settle([self._decider.release(delivery) for delivery in idle])
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                while self._in_hand:
                    await self._wait_for_freed()
                self.is_at_work = False  # nobody renews the fence any more
                await self._stream.close()
        except (TimeoutError, *REDIS_AWAY) as error:
            self._log.warning(
                "not released; the lease runs out by itself", ids=self.in_hand, error=str(error)
            )

    async def _wait_for_freed(self) -> None:
        self._freed.clear()
        self._stream.once_read(self._freed.set)
        await self._freed.wait()

    async def _wait_for_room(self) -> None:
        """Until an entry is settled, or the next stage has read on or caught up."""
        if not self._stream.is_pressed:
            await self._wait_for_freed()
        elif await self._stream.look_onward():
            await self._rest(_LOOK_SECONDS)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
