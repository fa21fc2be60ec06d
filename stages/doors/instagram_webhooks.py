"""Instagram tells what is written under a live video."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from stages.connectors.metrics import Figures
from stages.doors.answers import refusals, refuse
from stages.doors.comment_door import CommentDoor, Taken
from stages.doors.instagram_notification import (
    PLATFORM,
    LeftOut,
    UnreadableNotification,
    read_notification,
)
from stages.doors.posted_comment import PostedComment

PATH = "/webhooks/instagram"
SIGNATURE = "X-Hub-Signature-256"
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes: a notification has up to 1,000 changes, whose JSON writes an emoji in 12."""

_NOBODY = ""  # whose account is none of ours


_OTHER_METHODS = ["DELETE", "HEAD", "OPTIONS", "PATCH", "PUT", "TRACE"]
_CHALLENGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The challenge", "content": {"text/plain": {"schema": {"type": "string"}}}}
}


class Told(BaseModel):
    """How many comments of a notification stand in the queue, and how many of its events were left out."""

    ok: Literal[True] = True
    taken: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Instagram:
    """Who pushes these comments: they are signed as the source `instagram` where that has a key."""

    key_id: str = PLATFORM
    source: str = PLATFORM

    def may_act_for(self, streamer: str) -> bool:
        """For any: INSTAGRAM_ACCOUNTS has said which account is whose."""
        return bool(streamer)


class InstagramInbox:
    """Takes the comments of notifications. `accounts` says which streamer an Instagram account is; `now` gives the
    time."""

    def __init__(self, door: CommentDoor, accounts: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._door, self._accounts, self._now = door, accounts, now
        self._figures = {streamer: Figures(PLATFORM, streamer) for streamer in (*accounts.values(), _NOBODY)}
        for figures in self._figures.values():
            figures.state("connected")  # as long as the door is open

    async def take(self, body: bytes) -> tuple[int, int]:
        """How many comments stand in the queue now, and how many events were left out: all that are no live comments
        of these accounts, and those of viewers who write too fast. A comment that comes again is the same one.

        Raises UnreadableNotification, and what CommentDoor.take raises: then the notification may come again."""
        events = list(read_notification(body, self._accounts))
        posted = [event for event in events if isinstance(event, PostedComment)]
        answers = await self._door.take(posted, Instagram()) if posted else []
        for event in events:
            if isinstance(event, LeftOut):
                self._figures[event.streamer or _NOBODY].ignored(event.kind)
        for comment, answer in zip(posted, answers, strict=True):
            self._count(comment, isinstance(answer, Taken))
        taken = sum(isinstance(answer, Taken) for answer in answers)
        return taken, len(events) - taken

    def _count(self, comment: PostedComment, taken: bool) -> None:
        figures = self._figures[comment.streamer]
        figures.received()
        figures.pushed(taken=taken, refused=not taken, duplicates=0)
        if comment.timestamp:
            figures.lag(self._now(), comment.timestamp)


def instagram_routes(inbox: InstagramInbox, *, app_secret: str, verify_token: str) -> APIRouter:
    """`GET /webhooks/instagram`, by which Meta sees that the address is ours, and `POST /webhooks/instagram`."""
    router = APIRouter(tags=["webhooks"])

    @router.get(
        PATH,
        response_class=Response,
        responses=refusals(403, 422) | _CHALLENGE,
        summary="Meta's question who we are",
    )
    async def subscribe(
        mode: Annotated[str, Query(alias="hub.mode")] = "",
        token: Annotated[str, Query(alias="hub.verify_token")] = "",
        challenge: Annotated[str, Query(alias="hub.challenge", max_length=200)] = "",
    ) -> Response:
        """Answers the challenge of whoever knows INSTAGRAM_VERIFY_TOKEN."""
        if (
            mode == "subscribe"
            and verify_token
            and hmac.compare_digest(token.encode(), verify_token.encode())
        ):
            return PlainTextResponse(challenge)
        return refuse(403, "The verify token is another one: see INSTAGRAM_VERIFY_TOKEN.")

    @router.post(
        PATH,
        response_model=Told,
        responses=refusals(400, 403, 413, 503),
        summary="Notifications of Instagram, signed by Meta",
    )
    async def notified(request: Request) -> Response:
        """Takes live comments; other events are counted and left out. What could not be kept is answered 503: Meta
        sends it again, and it counts once."""
        body = await request.body()
        if not is_signed(body, request.headers.get(SIGNATURE, ""), app_secret):
            return refuse(403, "This is not signed by Meta for this app: see INSTAGRAM_APP_SECRET.")
        try:
            taken, left_out = await inbox.take(body)
        except UnreadableNotification as error:
            return refuse(400, str(error))
        return JSONResponse(Told(taken=taken, left_out=left_out).model_dump())

    # Of two routes at a path, the framework names the methods of one.
    @router.api_route(PATH, methods=_OTHER_METHODS, include_in_schema=False)
    async def neither() -> Response:
        answer = refuse(405, "This is not done here by this method.")
        answer.headers["Allow"] = "GET, POST"
        return answer

    return router


def is_signed(body: bytes, header: str, secret: str) -> bool:
    """Whether the header is `sha256=` and the HMAC-SHA256 (hex) of the body as it came; compared in constant time."""
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    return hmac.compare_digest(expected.encode(), header.encode())
