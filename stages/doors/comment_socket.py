"""Comments come in over a WebSocket, as many as there are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.adapters.database import DatabaseUnavailable
from stages.doors.answers import RETRY_SECONDS
from stages.doors.comment_batch import take_batch
from stages.doors.comment_door import CommentDoor, Taken, TurnedAway
from stages.doors.comment_item import as_item, comment_in
from stages.doors.gate import Caller, Gate, NotAdmitted
from stages.doors.high_water import Congested
from stages.doors.posted_comment import PostedComment
from stages.doors.socket_protocol import Line

PATH = "/ws/comments"
COMMENT_LIMIT = 64 * 1024  # bytes, as for a comment that is posted
_NOT_ADMITTED = 1008  # "policy violation", RFC 6455, section 7.4.1
_AWAY = "The queue cannot take comments at the moment; nothing was kept. Please send it again."

Frame = str | bytes


def socket_routes(door: CommentDoor, gate: Gate) -> APIRouter:
    """`WS /ws/comments`."""
    router = APIRouter(tags=["comments"])
    ingester = Depends(gate.needs("ingest"))

    @router.websocket(PATH)
    async def take_comments(socket: WebSocket, _: Caller = ingester) -> None:
        """Each frame is one comment, a JSON object as for POST /comments; each gets one answer, in the order in which
        they came, as in the results of POST /comments/batch."""
        with suppress(WebSocketDisconnect):  # gone before it was let in
            await socket.accept()
            await Conversation(socket, door, gate).hold()

    return router


@dataclass(slots=True)
class Conversation:
    """One connection: what has come is taken together, and answered in its order, while the next comes. Whoever doesn't
    read the answers is not read any further either."""

    socket: WebSocket
    door: CommentDoor
    gate: Gate

    async def hold(self) -> None:
        """Until the peer goes, or its key opens nothing any more. What it has sent before it went is taken."""
        line: Line = self.socket.scope["extensions"]["line"]
        while frames := await line.heard():
            try:
                answers = await self._take(frames)
            except NotAdmitted as error:
                await self._close(str(error))
                return
            await line.say([orjson.dumps(as_item(answer)) for answer in answers])

    async def _take(self, frames: Sequence[Frame]) -> list[Taken | TurnedAway]:
        items = [_comment(frame) for frame in frames]
        try:
            # Asked each time: a key that is revoked ends the connection.
            caller = await self.gate.admit(self.socket.headers, "ingest")
            return await take_batch(self.door, items, caller)
        except (Congested, DatabaseUnavailable, *REDIS_AWAY) as error:
            later = TurnedAway(503, str(error) if isinstance(error, Congested) else _AWAY, RETRY_SECONDS)
            return [item if isinstance(item, TurnedAway) else later for item in items]

    async def _close(self, reason: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # gone, or closed by the server since
            await self.socket.close(_NOT_ADMITTED, reason)


def _comment(frame: Frame) -> PostedComment | TurnedAway:
    data = frame.encode() if isinstance(frame, str) else frame
    if len(data) > COMMENT_LIMIT:
        return TurnedAway(413, f"The comment is longer than {COMMENT_LIMIT // 1024} KiB.")
    return comment_in(data)
