"""The entries of a partition that Faust has read and nobody has taken in hand, and which offsets may be committed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of the stage's topic; `acknowledge` tells Faust that its offset may be committed."""

    entry_id: str
    offset: int
    fields: dict[bytes, bytes]
    acknowledge: Callable[[], None]


class Inbox:
    """Gives entries out in their order, and acknowledges each once it and all before it are finished; `put_in` is
    called after each that came."""

    def __init__(self, put_in: Callable[[], None]) -> None:
        self._put_in = put_in
        self._unread: deque[Unread] = deque()
        self._unfinished: dict[int, Unread] = {}  # by offset, in their order
        self._finished: set[int] = set()
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
        """Take an entry in. One that is here already is not taken again."""
        if unread.offset in self._unfinished:
            return
        self._unfinished[unread.offset] = unread
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
            self._unfinished.pop(first).acknowledge()
