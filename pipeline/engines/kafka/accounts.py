"""What a stage keeps about an entry that it could not finish at once.

An account lies in a compacted topic of the stage, in the entry's partition, under the entry's id: the last one written
counts, and none where that is a tombstone. Whoever is given the partition reads them all, then goes on hearing: so
what waits for a later time holds no offset up, survives every process, and a dead letter is sent back by writing one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgpack

from pipeline.settlement import Delivery, Postponed

TAKEN = b"taken"
"""The key under which a partition's worker says up to which offset it has taken entries in hand; NOTHING_TAKEN once it
has finished in order. Whoever finds another number there comes after a crash, and what was taken is suspect."""
NOTHING_TAKEN = -1


@dataclass(frozen=True, slots=True)
class Account:
    """The entry itself, and as in Delivery. Where `deliveries` is 0, it waits until `due_ms`; else it is in somebody's
    hands, or was when its process died."""

    fields: Mapping[bytes, bytes]
    due_ms: int = 0
    attempts: int = 0
    first_failed_ms: int = 0
    deliveries: int = 0

    @classmethod
    def postponed(cls, fields: Mapping[bytes, bytes], postponed: Postponed) -> Account:
        """Of an entry that was put off."""
        return cls(fields, postponed.due_ms, postponed.attempts, postponed.first_failed_ms)

    @classmethod
    def begun(cls, delivery: Delivery) -> Account:
        """Of an entry whose handler begins."""
        return cls(
            delivery.fields,
            attempts=delivery.attempts,
            first_failed_ms=delivery.first_failed_ms,
            deliveries=delivery.deliveries,
        )

    def delivery(self, entry_id: str) -> Delivery:
        """The entry, given out once more."""
        return Delivery(entry_id, dict(self.fields), self.attempts, self.first_failed_ms, self.deliveries + 1)

    def packed(self) -> bytes:
        """As it lies in the topic."""
        parts = [part for pair in self.fields.items() for part in pair]
        numbers = [self.due_ms, self.attempts, self.first_failed_ms, self.deliveries]
        packed: bytes = msgpack.packb([parts, *numbers])
        return packed


def read_account(packed: bytes) -> Account:
    """The account that `Account.packed` wrote."""
    parts, due_ms, attempts, first_failed_ms, deliveries = msgpack.unpackb(packed, raw=True)
    fields = dict(zip(parts[::2], parts[1::2], strict=True))
    return Account(fields, due_ms, attempts, first_failed_ms, deliveries)
