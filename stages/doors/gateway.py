"""The gateway: comments come in over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.datastructures import Headers

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.doors.answers import refusals, refuse
from stages.doors.comment_door import CommentDoor, Taken, TurnedAway
from stages.doors.door import Reply
from stages.doors.gate import DEFAULT_SOURCE, Caller, Gate
from stages.doors.high_water import Congested
from stages.doors.key_first import KeyFirst
from stages.doors.posted_comment import PostedComment, Queued
from stages.doors.shortcut import Shortcut

PATH = "/comments"
SOURCE = DEFAULT_SOURCE
_RETRY_AFTER_CONGESTION_SECONDS = 5  # many come back at once otherwise, to hear the same


def comment_routes(door: CommentDoor, gate: Gate) -> APIRouter:
    """`POST /comments`."""
    router = APIRouter(tags=["comments"], route_class=KeyFirst)
    ingester = Depends(gate.needs("ingest"))

    @router.post(
        PATH,
        response_model=Queued,
        responses=refusals(401, 403, 413, 422, 429, 503),
        summary="Take a comment into the pipeline",
    )
    async def post_comment(posted: PostedComment, caller: Caller = ingester) -> Response:
        """Answers once the stream has acknowledged the comment; the header Comment-Id names it to `trace`. A comment
        that was posted before, by its message_id, gets the first answer again."""
        return await _take(door, posted, caller)

    return router


def comment_shortcut(door: CommentDoor, gate: Gate) -> Shortcut:
    """`POST /comments` for what is plainly a comment. Its route would do the same, and takes longer to see that."""

    async def post_plain_comment(headers: Headers, body: bytes) -> Response | None:
        if headers.get("content-type") != "application/json":
            return None
        try:
            posted = PostedComment.model_validate_json(body)
        except ValidationError:
            return None
        return await _take(door, posted, await gate.admit(headers, "ingest"))

    return post_plain_comment


async def unavailable(_: Request, __: Exception) -> JSONResponse:
    """What is answered while the streams are away."""
    return refuse(
        503, "The queue cannot take comments at the moment; nothing was kept. Please send it again."
    )


async def _congested(_: Request, error: Exception) -> JSONResponse:
    return refuse(503, str(error), retry_seconds=_RETRY_AFTER_CONGESTION_SECONDS)


async def _take(door: CommentDoor, posted: PostedComment, caller: Caller) -> Response:
    [answer] = await door.take([posted], caller)
    if isinstance(answer, Taken):
        headers = {"Comment-Id": answer.comment_id}
        return Response(orjson.dumps(answer.told()), media_type="application/json", headers=headers)
    return _turned_away(answer)


def _turned_away(answer: TurnedAway) -> JSONResponse:
    after = answer.retry_after_seconds
    headers = {} if after is None else {"Retry-After": str(after)}
    return JSONResponse({"ok": False, "error": answer.error}, status_code=answer.status, headers=headers)


REPLIES: Mapping[type[Exception], Reply] = {
    **dict.fromkeys(REDIS_AWAY, unavailable),
    Congested: _congested,
}
"""What the gateway answers where a comment can't be taken."""
