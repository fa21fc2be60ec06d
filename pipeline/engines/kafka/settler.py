"""Writes settlements: while one batch is under way, the next one grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from aiokafka.errors import MessageSizeTooLargeError
from msgspec.structs import replace

from pipeline.engines.kafka.accounts import Account
from pipeline.engines.kafka.hand import Held
from pipeline.engines.kafka.patience import write_all
from pipeline.engines.kafka.producer import Message, Producer
from pipeline.meter import StageMeter
from pipeline.settlement import Delivery, Postponed, Settled, Settlement, Step
from pipeline.stage import Reject

_MOST = 512


class Settler:
    """Writes settlements of `stage` in `partition`; `settled` is called with each entry's id once it is written.

    Appends come first, and what frees the entry last, each acknowledged before the next is begun: whoever dies in
    between has some of it written twice, and nothing lost.
    """

    def __init__(
        self,
        stage: str,
        partition: int,
        producer: Producer,
        meter: StageMeter,
        held: Callable[[str], Held],
        refuse: Callable[[Delivery, Reject], Settled],
        settled: Callable[[str], None],
        random: Callable[[], float],
    ) -> None:
        self._stage, self._partition, self._producer, self._meter = stage, partition, producer, meter
        self._held, self._refuse, self._settled, self._random = held, refuse, settled, random
        self._waiting: list[Settlement] = []
        self._ids: set[str] = set()
        self._wake = asyncio.Event()
        self._log = structlog.get_logger(stage=stage, partition=partition)

    def add(self, settlement: Settlement) -> None:
        """Hand over one settlement; it is written soon."""
        self._waiting.append(settlement)
        self._ids.add(settlement.entry_id)
        self._wake.set()

    def has(self, entry_id: str) -> bool:
        """Whether a settlement of this entry is on its way."""
        return entry_id in self._ids

    @property
    def is_idle(self) -> bool:
        """Whether everything handed over is written."""
        return not self._ids

    async def run(self) -> None:
        """Write until cancelled. Kafka being away is waited out with the batch in hand."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                await self._write(batch)

    async def _write(self, batch: Sequence[Settlement]) -> None:
        # Its beginning before the comment itself: or its end, two stages on, might overtake it.
        await self._write_all([self._begins(step) for step in _steps(batch) if step.begins])
        batch = await self._append(batch)
        await self._write_all([self._ends(step) for step in _steps(batch) if not step.begins])
        await self._write_all([line for each in batch for line in self._account(each)])
        self._meter.written(batch)
        for settlement in batch:
            self._ids.discard(settlement.entry_id)
            self._settled(settlement.entry_id)

    async def _append(self, batch: Sequence[Settlement]) -> Sequence[Settlement]:
        """Write the appends; returns the batch with a dead letter instead of what Kafka holds for too large, which
        would be met for ever."""
        try:
            await self._write_all(self._appends(batch))
        except MessageSizeTooLargeError:
            # Which it is Kafka does not say. Whoever reads what is written twice knows it by its id.
            return [await self._append_alone(each) for each in batch]
        return batch

    async def _append_alone(self, settlement: Settlement) -> Settlement:
        try:
            await self._write_all(self._appends([settlement]))
        except MessageSizeTooLargeError as error:
            reason = "what the handler gave is larger than Kafka takes in one message (message.max.bytes)"
            delivery = self._held(settlement.entry_id).delivery
            buried = self._refuse(delivery, Reject(reason, type(error).__name__))
            await self._write_all(self._appends([buried]))
            step = None if isinstance(settlement, Postponed) else settlement.step
            return replace(buried, step=replace(step, begins=False)) if step else buried
        return settlement

    def _appends(self, batch: Sequence[Settlement]) -> list[Message]:
        return [
            self._producer.message(append)
            for each in batch
            if not isinstance(each, Postponed)
            for append in each.appends
        ]

    async def _write_all(self, messages: Sequence[Message]) -> None:
        if messages:
            await write_all(self._producer, messages, self._log, self._random)

    def _begins(self, step: Step) -> Message:
        return Message(self._producer.names.unfinished, step.partition, step.seq.encode(), b"1")

    def _ends(self, step: Step) -> Message:
        return Message(self._producer.names.unfinished, step.partition, step.seq.encode(), None)

    def _account(self, settlement: Settlement) -> list[Message]:
        held = self._held(settlement.entry_id)
        topic, key = self._producer.names.accounts(self._stage), settlement.entry_id.encode()
        if isinstance(settlement, Postponed):
            account = Account.postponed(held.delivery.fields, settlement)
            return [Message(topic, self._partition, key, account.packed())]
        return [Message(topic, self._partition, key, None)] if held.has_account else []


def _steps(batch: Sequence[Settlement]) -> list[Step]:
    return [each.step for each in batch if not isinstance(each, Postponed) and each.step]
