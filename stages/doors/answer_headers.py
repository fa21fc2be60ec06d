"""Headers that every answer of an application has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Write: TypeAlias = Callable[[Scope, Message], None]
"""Writes headers into the start of an answer to a request."""


class AnswerHeaders:
    """ASGI middleware: has `write` write into every answer."""

    def __init__(self, app: ASGIApp, write: Write) -> None:
        self._app, self._write = app, write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._write(scope, message)
            await send(message)

        await self._app(scope, receive, send_on)
