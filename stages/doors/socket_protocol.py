"""WebSockets that let go of a peer that has stopped."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

FRAME_LIMIT = 256 * 1024  # bytes; a longer frame ends the connection before it is read into memory
_LAST_WORDS_SECONDS = 10.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which closes a connection once all that was written has gone out: to a peer that reads nothing it
    never has. Such a connection is cut: when a ping stays unanswered, and some time after its conversation ended."""

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping: half open, or not reading."""
        super().keepalive_timeout()
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The conversation is over; what is left to send has a little time."""
        super().on_task_complete(task)
        self.loop.call_later(_LAST_WORDS_SECONDS, self.transport.abort)
