"""Carries outbox rows into the streams: what changed the database outside a stage and must move the pipeline."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog

from pipeline.decision import partition_of
from pipeline.envelope import Envelope, traceparent

_BATCH = 100


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A record (JSON in `data`) for `stage`; `record_id` makes it appended at most once."""

    record_id: UUID
    stage: str
    comment_id: UUID
    seq: str
    partition_key: str
    at: str
    data: bytes


class Outbox(Protocol):
    """Where the rows lie."""

    def unsent(self, limit: int) -> AbstractAsyncContextManager[list[OutboxRow]]:
        """Up to `limit` rows, oldest first, held by this relay alone; marked as sent when the block ends well."""


class AppendOnce(Protocol):
    """Appends to a stage's stream."""

    async def __call__(self, stage: str, partition: int, record_id: str, envelope: Envelope) -> None:
        """Append the envelope unless this record was appended before."""


class Relay:
    """An agent that polls the outbox (a listener would not survive a transaction pooler).

    A crash between append and commit offers the row again; `append` knows it by its record id.
    """

    name = "relay"

    def __init__(
        self,
        outbox: Outbox,
        append: AppendOnce,
        *,
        partitions: int,
        away: tuple[type[Exception], ...],
        poll_seconds: float = 0.1,
    ) -> None:
        self._outbox, self._append, self._partitions = outbox, append, partitions
        self._away, self._poll_seconds = away, poll_seconds
        self._stopping = asyncio.Event()
        self._log = structlog.get_logger()

    def stop(self) -> None:
        """Take no new batch."""
        self._stopping.set()

    def release(self) -> None:
        """A batch takes no time worth giving back; it ends or is cancelled."""
        self.stop()

    async def run(self) -> None:
        """Relay until stopped. What `away` names is waited out: the rows stay where they are."""
        while not self._stopping.is_set():
            try:
                sent = await self.relay_batch()
            except self._away as error:
                self._log.warning("the outbox waits", error=str(error) or type(error).__name__)
                sent = 0
            if sent < _BATCH:
                await self._rest()

    async def relay_batch(self) -> int:
        """Send one batch; returns how many rows it had."""
        async with self._outbox.unsent(_BATCH) as rows:
            for row in rows:
                comment_id = str(row.comment_id)
                envelope = Envelope(
                    id=comment_id,
                    seq=row.seq,
                    at=row.at,
                    trace=traceparent(comment_id),
                    hops=b"[]",
                    data=row.data,
                )
                partition = partition_of(row.partition_key, self._partitions)
                await self._append(row.stage, partition, str(row.record_id), envelope)
            return len(rows)

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), self._poll_seconds)
        except TimeoutError:
            return
