"""HTTP connections that let go of a peer that never says what it wants, and that know shortcuts."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from stages.doors.security_headers import with_security
from stages.doors.shortcut import Shortcut, Shortcuts

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's line and headers, after the first that came together."""
HEAD_SECONDS = 30.0
SHORT_BODY = 4 * 1024
SOON_SECONDS = 1.0
"""A shortcut is asked about bodies of so many bytes that come so soon; the others are the business of BodyLimit."""
_NO_SHORTCUTS = Shortcuts()


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, which waits for a request's head however long that takes, and keeps whatever it grows to: whoever
    shows no key yet could fill the memory by one connection, and use up all connections by none. Here a connection is
    cut where a head grows beyond HEAD_LIMIT, or isn't there within HEAD_SECONDS (twice that at most).

    A POST whose short body has come with its head, or soon after it, is offered to the application's shortcut for its
    path (`app.state.shortcuts`) first, and what that says is written at once: by ASGI and its middlewares an answer
    costs more than what is in it. All else goes there."""

    _waits_since: float | None
    _look_again: asyncio.TimerHandle

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        state = getattr(self.config.app, "state", None)
        self._shortcuts: Shortcuts = getattr(state, "shortcuts", _NO_SHORTCUTS)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Somebody has connected, and is to say what they want."""
        super().connection_made(transport)
        self._heads = self._head_bytes = 0
        self._is_in_head = False
        self._waits_since = self.loop.time()
        self._look_again = self.loop.call_later(HEAD_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._look_again.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some of a request has come."""
        heads = self._heads
        super().data_received(data)
        if self._is_in_head and heads == self._heads:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT:
                self.transport.abort()

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._heads += 1
        self._head_bytes, self._is_in_head = 0, True

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._is_in_head, self._waits_since = False, None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The next request may come, where none waits already."""
        if not self.pipeline:
            self._waits_since = self.loop.time()
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """It is a WebSocket from now on, with pings of its own."""
        self._look_again.cancel()
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A request's turn has come, whose head is whole."""
        scope = cycle.scope
        shortcut = self._shortcuts.by_path.get(scope["path"]) if scope["method"] == "POST" else None
        if shortcut is None or app is not self.app or cycle.waiting_for_100_continue:
            super()._start_asgi_task(cycle, app)
            return
        task = self.loop.create_task(self._serve(cycle, shortcut))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, cycle: RequestResponseCycle, shortcut: Shortcut) -> None:
        answer = None
        if not cycle.more_body or await _comes_soon(cycle):
            scope = cast(dict[str, Any], cycle.scope)
            if len(cycle.body) <= SHORT_BODY:
                answer = await self._shortcuts.answer(shortcut, scope, bytes(cycle.body))
        if answer is None:
            await cycle.run_asgi(self.app)
        else:
            await self._write(cycle, answer)

    async def _write(self, cycle: RequestResponseCycle, answer: Response) -> None:
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if not cycle.disconnected:
            headers = [*cycle.default_headers, *answer.raw_headers]
            head = with_security(headers, over_tls=_is_over_tls(cycle.scope))
            if not cycle.keep_alive:
                head.append((b"connection", b"close"))
            lines = [b"%b: %b\r\n" % each for each in head]
            self.transport.write(b"".join((STATUS_LINE[answer.status_code], *lines, b"\r\n", answer.body)))
            cycle.response_complete = True
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()
        cycle.on_response = _nothing  # it leads back here, in a circle

    def _look(self) -> None:
        now = self.loop.time()
        if self._waits_since is not None and now - self._waits_since >= HEAD_SECONDS:
            self.transport.abort()
            return
        self._look_again = self.loop.call_later(HEAD_SECONDS, self._look)


async def _comes_soon(cycle: RequestResponseCycle) -> bool:
    """Whether the whole of a short body comes within SOON_SECONDS: some clients write head and body one by one."""
    with suppress(TimeoutError):
        async with asyncio.timeout(SOON_SECONDS):
            while cycle.more_body and len(cycle.body) <= SHORT_BODY and not cycle.disconnected:
                cycle.message_event.clear()
                await cycle.message_event.wait()
    cycle.message_event.set()  # as it was, for whoever reads the body now
    return not (cycle.more_body or cycle.disconnected)


def _is_over_tls(scope: Any) -> bool:
    """By this connection's or a proxy's word: who lies about it tells only themselves."""
    return scope["scheme"] == "https" or (b"x-forwarded-proto", b"https") in scope["headers"]


def _nothing() -> None:
    """Nobody waits for it."""
