"""The entries of a partition that Faust has read and nobody has taken in hand, and how far all are finished."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of the stage's topic."""

    entry_id: str
    offset: int
    fields: dict[bytes, bytes]


class Inbox:
    """Gives entries out in their order; `put_in` is called after each that came. `finished_below` is the offset before
    which every entry that came is finished, which may be committed: None before the first is."""

    def __init__(self, put_in: Callable[[], None]) -> None:
        self._put_in = put_in
        self._unread: deque[Unread] = deque()
        self._unfinished: dict[int, None] = {}  # offsets, in their order
        self._finished: set[int] = set()
        self.finished_below: int | None = None
        self._is_closed = False
        self._has_room = asyncio.Event()

    async def until_below(self, most: int) -> None:
        """Wait until fewer than `most` entries are left that nobody has taken, or it is closed."""
        while len(self._unread) >= most and not self._is_closed:
            self._has_room.clear()
            await self._has_room.wait()

    def close(self) -> None:
        """Nobody takes anything any more."""
        self._is_closed = True
        self._has_room.set()

    def __len__(self) -> int:
        return len(self._unread)

    def put(self, unread: Unread) -> None:
        """Take an entry in. One that is here already, or finished, is not taken again."""
        if unread.offset in self._unfinished or unread.offset < (self.finished_below or 0):
            return
        self._unfinished[unread.offset] = None
        self._unread.append(unread)
        self._put_in()

    def take(self) -> Unread | None:
        """The next one, if there is one."""
        self._has_room.set()
        return self._unread.popleft() if self._unread else None

    def finish(self, offset: int) -> None:
        """The entry need not be read again."""
        self._finished.add(offset)
        while self._unfinished:
            first = next(iter(self._unfinished))
            if first not in self._finished:
                return
            self._finished.remove(first)
            del self._unfinished[first]
            self.finished_below = first + 1
