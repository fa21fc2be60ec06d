"""What has come for one listener, and waits to be heard."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any


class Inbox:
    """As much of asyncio.Queue as a connection needs, for one who listens; what has come is taken at once."""

    def __init__(self) -> None:
        self._messages: deque[dict[str, Any]] = deque()
        self._listener: asyncio.Future[None] | None = None

    def put_nowait(self, message: dict[str, Any]) -> None:
        """One more."""
        self._messages.append(message)
        if self._listener is not None and not self._listener.done():
            self._listener.set_result(None)

    def empty(self) -> bool:
        """Whether there is none."""
        return not self._messages

    async def get(self) -> dict[str, Any]:
        """The next one, once there is one."""
        await self._wait()
        return self._messages.popleft()

    async def several(self, kind: str, most: int) -> list[dict[str, Any]]:
        """The next ones that are of this kind, once there is one of any kind: none where that is of another one, which
        stays the next."""
        await self._wait()
        found: list[dict[str, Any]] = []
        while self._messages and self._messages[0]["type"] == kind and len(found) < most:
            found.append(self._messages.popleft())
        return found

    async def _wait(self) -> None:
        while not self._messages:
            self._listener = asyncio.get_running_loop().create_future()
            try:
                await self._listener
            finally:
                self._listener = None
