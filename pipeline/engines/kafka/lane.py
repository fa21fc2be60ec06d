"""One partition of a stage at work: take, have it handled, settle."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import structlog

from pipeline.cancellation import together
from pipeline.decision import Decider, Work
from pipeline.engines.kafka.accounts import NOTHING_TAKEN, TAKEN, Account, read_account
from pipeline.engines.kafka.clients import Clients
from pipeline.engines.kafka.hand import Held
from pipeline.engines.kafka.handling import Handling
from pipeline.engines.kafka.inbox import Inbox, Unread
from pipeline.engines.kafka.patience import write_all
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.engines.kafka.settler import Settler
from pipeline.engines.kafka.table import Line
from pipeline.meter import StageMeter
from pipeline.reading import Reading
from pipeline.settlement import Delivery, Settled, Settlement
from pipeline.stage import Reject, Stage
from pipeline.understanding import understand

_LOOK_SECONDS = 0.25  # between two looks whether the next stage has caught up
_RELEASE_SECONDS = 3.0


class Lane:
    """Runs `stage` on the entries of a partition while this process is assigned it. Holds at most `capacity` entries:
    first those that a dead process held, then those whose time has come, then new ones, in their order.

    `is_pressed` tells whether the next stage can't keep up.
    """

    def __init__(
        self,
        stage: Stage[Any],
        partition: int,
        *,
        partitions: int,
        clients: Clients,
        producer: Producer,
        is_pressed: Callable[[], bool],
        clock: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._stage, self.partition, self._producer = stage, partition, producer
        self._is_pressed, self._clock, self._random = is_pressed, clock, random
        self._log = structlog.get_logger(stage=stage.name, partition=partition)
        self._reading = Reading(stage, partition, partitions, clock)
        self._decider = Decider(stage, clock, random)
        self._meter = StageMeter(
            stage.name,
            partition,
            clock,
            is_door=stage.door is not None,
            slots=1 if stage.batch else stage.limits.concurrency,
        )
        self._handling = Handling(stage, self, self._decider, self._meter)
        self._settler = Settler(
            stage.name, partition, producer, self._meter, self._in_hand_as, self._refuse, self._let_go, random
        )
        self._topic = producer.names.accounts(stage.name)
        self._table = clients.table(self._topic, [partition], self._hear)
        self.inbox = Inbox(self._wake_up)
        self._in_hand: dict[str, Held] = {}
        self._accounts: dict[str, Account] = {}
        self._due: list[tuple[int, str]] = []
        self._left: deque[str] = deque()  # accounts that a dead process had in hand
        self._taken, self._suspect_up_to = NOTHING_TAKEN, NOTHING_TAKEN
        self._wake = asyncio.Event()
        self._stopping, self._releasing, self._recovered = asyncio.Event(), asyncio.Event(), False
        limits = stage.limits
        # A batch may wait while another one runs; single records are taken when a slot is free, not before.
        self._capacity = 2 * limits.batch_size if stage.batch else limits.concurrency

    @property
    def capacity(self) -> int:
        """How many entries it holds at most."""
        return self._capacity

    @property
    def in_hand(self) -> int:
        """How many it holds."""
        return len(self._in_hand)

    @property
    def is_settled(self) -> bool:
        """Whether what has an outcome is written."""
        return self._settler.is_idle

    def stop(self) -> None:
        """Take nothing new; `run` returns once what is in hand is finished."""
        self._stopping.set()
        self._wake_up()

    def release(self) -> None:
        """Finish nothing more: what is in hand goes back, due at once for whoever is there."""
        self.stop()
        self._releasing.set()
        self._wake_up()

    async def run(self) -> None:
        """Work until stopped and drained, or released. Cancelling it leaves what is in hand to whoever comes next,
        who will take it for a crash."""
        async with self._table:
            await self._table.caught_up()
            self._recover()
            await together(self._work(), self._settler.run(), self._table.run())

    def settle(self, settlement: Settlement) -> None:
        """Have written what became of an entry that is in hand."""
        self._settler.add(settlement)

    async def begin(self, work: Work) -> None:
        """From now on the entry stands in the accounts, with the number of its delivery."""
        delivery = work.delivery
        await self._write([self._account(delivery.entry_id, Account.begun(delivery))])
        held = self._in_hand[delivery.entry_id]
        held.has_account = True
        self._finish(held)

    async def _work(self) -> None:
        await together(self._take_and_drain(), self._handling.run())
        await self._give_back()

    async def _take_and_drain(self) -> None:
        while not self._stopping.is_set():
            if chosen := self._choose():
                await self._take(chosen)
            else:
                await self._rest()
        while self._in_hand and not self._releasing.is_set():
            await self._wait_for_wake()

    def _choose(self) -> list[Held]:
        """What is taken next."""
        free = 0 if self._is_pressed() else self._capacity - len(self._in_hand)
        chosen: list[Held] = []
        for held in self._on_offer() if free > 0 else ():
            self._in_hand[held.delivery.entry_id] = held
            chosen.append(held)
            if len(chosen) >= free:
                break
        return chosen

    def _on_offer(self) -> Iterable[Held]:
        while self._left:
            entry_id = self._left.popleft()
            if (left := self._accounts.get(entry_id)) and entry_id not in self._in_hand:
                yield Held(left.delivery(entry_id), None, has_account=True)
        now_ms = self._now_ms()
        while self._due and self._due[0][0] <= now_ms:
            due_ms, entry_id = heapq.heappop(self._due)
            account = self._accounts.get(entry_id)
            if (
                account
                and not account.deliveries
                and account.due_ms == due_ms
                and entry_id not in self._in_hand
            ):
                yield Held(account.delivery(entry_id), None, has_account=True)
        while unread := self.inbox.take():
            if unread.entry_id in self._accounts or unread.entry_id in self._in_hand:
                self.inbox.finish(unread.offset)  # it was put off just before the offset was lost
            else:
                yield Held(self._first_delivery(unread), unread.offset, has_account=False)

    def _first_delivery(self, unread: Unread) -> Delivery:
        deliveries = 2 if unread.offset <= self._suspect_up_to else 1
        return Delivery(unread.entry_id, unread.fields, deliveries=deliveries)

    async def _take(self, chosen: list[Held]) -> None:
        """Set down what is taken, then begin with it."""
        lines = [
            self._account(held.delivery.entry_id, Account.begun(held.delivery))
            for held in chosen
            if held.offset is None and held.delivery.deliveries == 1
        ]
        furthest = max((held.offset for held in chosen if held.offset is not None), default=NOTHING_TAKEN)
        if furthest > self._taken:
            self._taken = furthest
            lines.append(self._taken_line())
        await self._write(lines)
        self._meter.holds(len(self._in_hand))
        self._meter.received([held.delivery for held in chosen])
        for held in chosen:
            understood = understand(held.delivery, self._reading, self._decider)
            if isinstance(understood, Work):
                self._handling.add(understood)
            else:
                self.settle(understood)

    def _hear(self, line: Line) -> None:
        if line.key == TAKEN:
            if not self._recovered:
                self._suspect_up_to = int(line.value or b"-1")
            return
        entry_id = line.key.decode()
        if line.value is None:
            self._accounts.pop(entry_id, None)
            return
        account = self._accounts[entry_id] = read_account(line.value)
        if self._recovered and not account.deliveries:
            if held := self._in_hand.get(entry_id):
                held.heard_again = True  # we wrote it, and are about to let go of it
            else:
                self._schedule(entry_id, account)

    def _recover(self) -> None:
        self._recovered = True
        self._taken = self._suspect_up_to
        for entry_id, account in self._accounts.items():
            if account.deliveries:
                self._left.append(entry_id)
            else:
                self._schedule(entry_id, account)

    def _schedule(self, entry_id: str, account: Account) -> None:
        heapq.heappush(self._due, (account.due_ms, entry_id))
        self._wake_up()

    def _in_hand_as(self, entry_id: str) -> Held:
        return self._in_hand[entry_id]

    def _refuse(self, delivery: Delivery, reject: Reject) -> Settled:
        return self._decider.refuse(delivery, self.partition, reject)

    def _let_go(self, entry_id: str) -> None:
        held, account = self._in_hand.pop(entry_id), self._accounts.get(entry_id)
        self._finish(held)
        if held.heard_again and account and not account.deliveries:
            self._schedule(entry_id, account)
        self._meter.holds(len(self._in_hand))
        self._wake_up()

    def _finish(self, held: Held) -> None:
        if held.offset is not None:
            self.inbox.finish(held.offset)
            held.offset = None

    async def _give_back(self) -> None:
        """Write the outcomes there are, release the rest of what is in hand, and say that nothing is."""
        for entry_id, held in self._in_hand.items():
            if not self._settler.has(entry_id):
                self._settler.add(self._decider.release(held.delivery))
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                while self._in_hand:
                    await self._wait_for_wake()
                if self._taken != NOTHING_TAKEN:
                    self._taken = NOTHING_TAKEN
                    await self._write([self._taken_line()])
        except TimeoutError:
            self._log.warning("not released; others will take it for a crash", ids=list(self._in_hand))

    async def _write(self, lines: list[Message]) -> None:
        if lines:
            await write_all(self._producer, lines, self._log, self._random)

    def _account(self, entry_id: str, account: Account) -> Message:
        return Message(self._topic, self.partition, entry_id.encode(), account.packed())

    def _taken_line(self) -> Message:
        return Message(self._topic, self.partition, TAKEN, str(self._taken).encode())

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _wake_up(self) -> None:
        self._wake.set()

    async def _wait_for_wake(self) -> None:
        self._wake.clear()
        await self._wake.wait()

    async def _rest(self) -> None:
        """Until something happens, is due, or the next stage may have caught up."""
        seconds: float | None = None
        if self._is_pressed():
            seconds = _LOOK_SECONDS
        elif self._due and len(self._in_hand) < self._capacity:
            seconds = max(0.0, self._due[0][0] / 1000 - self._clock())
        self._wake.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)
