"""Carries outbox rows into the streams: what changed the database outside a stage and must move the pipeline."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pipeline.decision import partition_of
from pipeline.envelope import Envelope, traceparent
from pipeline.rounds import Rounds

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


class Relay(Rounds):
    """An agent that polls the outbox (a listener would not survive a transaction pooler). What `away` names is waited
    out: the rows stay where they are.

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
        super().__init__(every_seconds=poll_seconds, away=away, patience="the outbox waits")
        self._outbox, self._append, self._partitions = outbox, append, partitions

    async def round(self) -> bool:
        """Send one batch; the next one follows at once where it was full."""
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
            return len(rows) == _BATCH
