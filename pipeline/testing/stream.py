"""A stream in memory, and what a stage keeps about its entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pipeline.settlement import Delivery, Fields, Postponed


@dataclass(slots=True)
class MemoryStream:
    """One stream of one partition: its entries, oldest first."""

    entries: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    """Ids of all entries there ever were, so that a reader's place is a number."""

    def next_id(self, now_ms: int) -> str:
        """The id that the next entry gets: the time, and a number where several come in the same millisecond."""
        if not self.ids or now_ms > rank(self.ids[-1])[0]:
            return f"{now_ms}-0"
        last_ms, number = rank(self.ids[-1])
        return f"{last_ms}-{number + 1}"

    def append(self, fields: Fields, now_ms: int) -> str:
        """Append an entry; returns its id."""
        entry_id = self.next_id(now_ms)
        parts = iter(part.encode() if isinstance(part, str) else part for part in fields)
        self.entries[entry_id] = dict(zip(parts, parts, strict=True))
        self.ids.append(entry_id)
        return entry_id


@dataclass(slots=True)
class Account:
    """An entry that was given out and is not settled. `due_ms`: it waits until then; None: it is in somebody's hands,
    or was when its process died. `deliveries` counts since a handler last survived it."""

    deliveries: int = 0
    attempts: int = 0
    first_failed_ms: int = 0
    due_ms: int | None = None


class MemoryGroup:
    """What one stage was given of a stream, and has not settled. `keeps_entries`: what is settled stays."""

    def __init__(self, stream: MemoryStream, *, keeps_entries: bool) -> None:
        self._stream, self._keeps_entries = stream, keeps_entries
        self._place = 0
        self._pending: dict[str, Account] = {}

    @property
    def pending(self) -> Mapping[str, Account]:
        """What was given out and is not settled, by the entry's id."""
        return self._pending

    def take(self, now_ms: int, most: int) -> list[Delivery]:
        """Up to `most` entries: first what a dead process left, then what is due, then what is new. Call it only
        with nothing in hand."""
        chosen: list[Delivery] = []
        for entry_id in self._on_offer(now_ms):
            chosen.append(self._delivery(entry_id))
            if len(chosen) == most:
                break
        return chosen

    def postpone(self, postponed: Postponed, now_ms: int) -> None:
        """Put an entry off. It is not offered again at this very moment, however soon it is due: or waiting without
        end would take no time."""
        self._pending[postponed.entry_id] = Account(
            attempts=postponed.attempts,
            first_failed_ms=postponed.first_failed_ms,
            due_ms=max(postponed.due_ms, now_ms + 1),
        )

    def forget(self, entry_id: str) -> None:
        """The entry is settled."""
        del self._pending[entry_id]
        if not self._keeps_entries:
            self._stream.entries.pop(entry_id, None)

    def give_again(self, entry_id: str, now_ms: int) -> bool:
        """Have an entry that was settled delivered once more; False where the stream does not keep it."""
        if entry_id not in self._stream.entries:
            return False
        self._pending.setdefault(entry_id, Account(due_ms=now_ms))
        return True

    def _on_offer(self, now_ms: int) -> Iterator[str]:
        yield from [entry_id for entry_id, account in self._pending.items() if account.due_ms is None]
        due = [(a.due_ms, entry_id) for entry_id, a in self._pending.items() if a.due_ms is not None]
        due.sort(key=lambda pair: (pair[0], rank(pair[1])))
        yield from (entry_id for due_ms, entry_id in due if due_ms <= now_ms)
        while self._place < len(self._stream.ids):
            entry_id = self._stream.ids[self._place]
            self._place += 1
            if entry_id in self._stream.entries:
                yield entry_id

    def _delivery(self, entry_id: str) -> Delivery:
        account = self._pending.setdefault(entry_id, Account())
        account.deliveries, account.due_ms = account.deliveries + 1, None
        return Delivery(
            entry_id,
            self._stream.entries[entry_id],
            account.attempts,
            account.first_failed_ms,
            account.deliveries,
        )


def rank(entry_id: str) -> tuple[int, int]:
    """What the order of entry ids, and of seqs, is by."""
    milliseconds, number = entry_id.split("-")
    return int(milliseconds), int(number)
