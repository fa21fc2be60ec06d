"""Reads bodies whole before anything is done with them: none that is large, slow, or breaks off."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from stages.doors.answers import RETRY_SECONDS

READ_SECONDS = 60.0
"""In which a body must have come; whoever is slower would hold memory for nothing."""
MOST_HELD = 256 * 1024 * 1024
"""Bytes of all bodies together: whoever sends them need not have shown a key yet."""


class BodyLimit:
    """ASGI middleware: a request whose body is longer than `limit` bytes (or what `limits` says for its path) is
    answered 413, whether it says so in its header or only turns out to be; one whose body takes longer than
    `read_seconds`, 408; one that comes while bodies of `most_held` bytes are in hand, 503. Whoever goes in the middle
    of a body has sent nothing."""

    def __init__(
        self,
        app: ASGIApp,
        limit: int,
        limits: Mapping[str, int] | None = None,
        *,
        most_held: int = MOST_HELD,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._app, self._limit, self._limits = app, limit, limits or {}
        self._most_held, self._read_seconds = most_held, read_seconds
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self._limits.get(scope["path"], self._limit))
        try:
            if await self._is_whole(body, scope, receive, send):
                await self._app(scope, Replay(body.whole(), receive), send)
        finally:
            self._held -= body.size

    async def _is_whole(self, body: _Body, scope: Scope, receive: Receive, send: Send) -> bool:
        """Whether the body came; where it was refused, it is answered."""
        try:
            if _announced(scope) > body.limit:
                raise _too_long(body.limit)
            async with asyncio.timeout(self._read_seconds):
                return await self._read(body, receive)
        except _Refusal as refusal:
            await _refuse(send, refusal)
        except TimeoutError:
            words = f"The body did not come within {self._read_seconds:g} s; nothing was kept."
            await _refuse(send, _Refusal(408, words))
        return False

    async def _read(self, body: _Body, receive: Receive) -> bool:
        """False where the client went before: what came of it may read well, and is not what it meant to send. Raises
        _Refusal."""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return False
            part = message.get("body", b"")
            body.add(part)
            self._held += len(part)
            if body.size > body.limit:
                raise _too_long(body.limit)
            if self._held > self._most_held:
                raise _Refusal(503, "Too much is being sent at once; nothing was kept. Please send it again.")
            if not message.get("more_body"):
                return True


@dataclass(slots=True)
class _Body:
    """As much as has come; `size` tells of it also once it was handed on."""

    limit: int
    size: int = 0
    come: bytearray = field(default_factory=bytearray)

    def add(self, part: bytes) -> None:
        self.come += part
        self.size += len(part)

    def whole(self) -> bytes:
        """All of it, once."""
        whole = bytes(self.come)
        self.come.clear()
        return whole


class _Refusal(Exception):
    """The answer in place of the application's."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class Replay:
    """Gives a body that was read once more, then whatever comes after it (the disconnect)."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _too_long(limit: int) -> _Refusal:
    return _Refusal(413, f"The body is longer than {limit // 1024} KiB.")


async def _refuse(send: Send, refusal: _Refusal) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    if refusal.status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": orjson.dumps({"ok": False, "error": str(refusal)})})
