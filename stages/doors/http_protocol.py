"""HTTP connections that let go of a peer that never says what it wants."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_LIMIT = 64 * 1024
"""Bytes of a request's line and headers, after the first that came together."""
HEAD_SECONDS = 30.0


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's, which waits for a request's head however long that takes, and keeps whatever it grows to: whoever
    shows no key yet could fill the memory by one connection, and use up all connections by none. Here a connection is
    cut where a head grows beyond HEAD_LIMIT, or isn't there within HEAD_SECONDS (twice that at most)."""

    _waits_since: float | None
    _look_again: asyncio.TimerHandle

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

    def _look(self) -> None:
        now = self.loop.time()
        if self._waits_since is not None and now - self._waits_since >= HEAD_SECONDS:
            self.transport.abort()
            return
        self._look_again = self.loop.call_later(HEAD_SECONDS, self._look)
