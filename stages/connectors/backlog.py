"""What was read and waits to be pushed."""

from __future__ import annotations

import asyncio
from collections import deque

from stages.connectors.source import Event


class Backlog:
    """A bounded queue between the one who reads and the one who pushes: a slow door slows the reading down."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        self._room, self._filled = asyncio.Event(), asyncio.Event()
        self._closed = False

    async def put(self, event: Event) -> None:
        """Add an event, as soon as there is room."""
        while len(self._events) >= self._limit:
            self._room.clear()
            await self._room.wait()
        self._events.append(event)
        self._filled.set()

    async def take(self, at_most: int) -> list[Event]:
        """The oldest events, as soon as there is one. Empty: nothing is left, and nothing more will come."""
        while not self._events and not self._closed:
            self._filled.clear()
            await self._filled.wait()
        taken = [self._events.popleft() for _ in range(min(at_most, len(self._events)))]
        self._room.set()
        return taken

    def close(self) -> None:
        """Say that nothing more will come."""
        self._closed = True
        self._filled.set()
