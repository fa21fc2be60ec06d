"""WebSockets that let go of a peer that has stopped, and that are read and answered by the many."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

from stages.doors.frame_splitter import FrameSplitter, text_frame
from stages.doors.inbox import Inbox

FRAME_LIMIT = 256 * 1024  # bytes; a longer frame ends the connection before it is read into memory
_HEARD_AT_ONCE = 256  # so that one peer's many bad messages keep the loop from nobody else
_LAST_WORDS_SECONDS = 10.0


class Line(Protocol):
    """A WebSocket after its opening handshake."""

    async def heard(self) -> list[str | bytes]:
        """What has come, in its order, at least one message; none once the peer has gone."""
        ...

    async def say(self, texts: Iterable[bytes]) -> bool:
        """Send each as a message of text, once the peer has read enough of the earlier ones. False where it has
        gone."""
        ...


class SocketProtocol(WebSocketsSansIOProtocol):
    """uvicorn's, which closes a connection once all that was written has gone out: to a peer that reads nothing it
    never has. Such a connection is cut: when a ping stays unanswered, and some time after its conversation ended.

    It is a Line, too (`scope["extensions"]["line"]`), of which only whole chunks are read and written: a message by
    ASGI costs several times what is in it.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.queue = self._inbox = Inbox()  # type: ignore[assignment]  # as much of a queue as uvicorn uses
        self._splitter: FrameSplitter | None = FrameSplitter(self.config.ws_max_size)

    def handle_connect(self, event: Any) -> None:
        """The peer asks for a WebSocket."""
        super().handle_connect(event)
        if not self.close_sent:
            cast(dict[str, Any], self.scope["extensions"])["line"] = self

    def data_received(self, data: bytes) -> None:
        """Some of a request, or of frames, has come."""
        if not self.handshake_complete or self._splitter is None:
            # It has not waited for our answer: its frames lie in the library's hands.
            if self.handshake_initiated:
                self._splitter = None
            super().data_received(data)
            return
        is_behind = not self._inbox.empty()  # the peer may be one chunk ahead of who listens, and no more
        for frame in self._splitter.split(data):
            if isinstance(frame, str):
                self._take(frame, is_behind)
            else:
                super().data_received(frame)
                if self.transport.is_closing():  # what follows a farewell, or a fault, is not heard
                    return

    def keepalive_timeout(self) -> None:
        """The peer has not answered a ping: half open, or not reading."""
        super().keepalive_timeout()
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        """The conversation is over; what is left to send has a little time."""
        super().on_task_complete(task)
        self.loop.call_later(_LAST_WORDS_SECONDS, self.transport.abort)

    async def heard(self) -> list[str | bytes]:
        """See Line."""
        messages = await self._inbox.several("websocket.receive", _HEARD_AT_ONCE)
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self.transport.resume_reading()
        return [message["bytes"] if message.get("text") is None else message["text"] for message in messages]

    async def say(self, texts: Iterable[bytes]) -> bool:
        """See Line."""
        await self.writable.wait()
        if self.disconnected or self.close_sent or self.conn.state is not OPEN:
            return False
        self.transport.write(b"".join([text_frame(text) for text in texts]))
        return True

    def _take(self, text: str, is_behind: bool) -> None:
        if self.close_sent:  # as the library's own
            return
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})
        if is_behind and not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()
