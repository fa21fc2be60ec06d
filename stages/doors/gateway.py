"""The gateway: comments come in over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError

from pipeline.decision import partition_of
from pipeline.engines.redis.append import RedisAppender
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.engines.redis.keys import Keys
from schemas.records import FRAME_URLS_LIMIT, FrameUrl, Message, Moment, Name
from stages.doors.body_limit import BodyLimit
from stages.doors.high_water import Congested, HighWater
from stages.ingest import DEFAULT_PLATFORM, comment_id
from stages.sources import Sources

SOURCE = "gateway"
BODY_LIMIT = 64 * 1024
_RETRY_AFTER_SECONDS = 1
_RETRY_AFTER_CONGESTION_SECONDS = 5  # many come back at once otherwise, to hear the same


def _with_zone(value: Any) -> Any:
    """ISO 8601 without a zone is UTC."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value


class PostedComment(BaseModel):
    """A comment as it is posted. Without `message_id` each post is a comment of its own."""

    streamer: Name
    client: Name
    message: Message
    timestamp: Annotated[Moment | None, BeforeValidator(_with_zone)] = None
    platform: Name = DEFAULT_PLATFORM
    message_id: Name | None = None
    client_id: Name | None = None
    frame_urls: list[FrameUrl] = Field(default=[], max_length=FRAME_URLS_LIMIT)


class Queued(BaseModel):
    """The comment stands in Redis: `queued_to` is the stage stream and partition that will read it."""

    ok: bool = True
    queued_to: str
    stream: str
    timestamp: AwareDatetime


class Refused(BaseModel):
    """`error` says why, and whether anything may have been kept."""

    ok: bool = False
    error: str


class PerhapsKept(Exception):
    """Redis went away before it answered: nobody knows whether the comment stands in the stream."""

    def __init__(self, message_id: str) -> None:
        super().__init__(
            "The queue went away before it answered, so the comment may or may not have been kept. Please send it "
            f'again with "message_id": "{message_id}": then it counts once.'
        )


@dataclass(frozen=True, slots=True)
class CommentDoor:
    """Turns posted comments into entries of the public stream."""

    appender: RedisAppender
    keys: Keys
    partitions: int
    sources: Sources
    high_water: HighWater
    now: Callable[[], datetime]

    async def take(self, posted: PostedComment) -> tuple[UUID, Queued]:
        """Append the comment, signed by the gateway. Returns its id and the answer.

        Raises Congested and what says that Redis is away or full (connection.REDIS_AWAY), where nothing was kept,
        and PerhapsKept.
        """
        await self.high_water.check()
        timestamp = posted.timestamp or self.now()
        fields = {
            "streamer": posted.streamer,
            "client": posted.client,
            "message": posted.message,
            "timestamp": timestamp.isoformat(),
            "platform": posted.platform,
            "message_id": posted.message_id or uuid4().hex,
        }
        if posted.client_id:
            fields["client_id"] = posted.client_id
        if posted.frame_urls:
            fields["frame_urls"] = orjson.dumps(posted.frame_urls).decode()
        seq = await self._append(fields)
        partition = partition_of(posted.streamer, self.partitions)
        return comment_id(seq, posted.platform, fields), Queued(
            queued_to=self.keys.stream("intent", partition),
            stream=self.keys.comments,
            timestamp=timestamp,
        )

    async def _append(self, fields: Mapping[str, str]) -> str:
        try:
            return await self.appender.comment(self.sources.stamp(fields, SOURCE))
        except BusyLoadingError:  # a ConnectionError by its class, but an answer: Redis took nothing
            raise
        except (ConnectionError, TimeoutError, OSError) as error:
            raise PerhapsKept(fields["message_id"]) from error


def comment_routes(door: CommentDoor) -> APIRouter:
    """`POST /comments`."""
    router = APIRouter(tags=["comments"])

    @router.post(
        "/comments",
        responses={413: {"model": Refused}, 422: {"model": Refused}, 503: {"model": Refused}},
        summary="Take a comment into the pipeline",
    )
    async def post_comment(posted: PostedComment, response: Response) -> Queued:
        """Answers once Redis has acknowledged the comment; the header Comment-Id names it to `trace`."""
        taken, queued = await door.take(posted)
        response.headers["Comment-Id"] = str(taken)
        return queued

    return router


def create_gateway(*routers: APIRouter, ready: Callable[[], Any]) -> FastAPI:
    """The gateway's application with these routes; `ready` is awaited by the health check."""
    app = FastAPI(title="TikTokSales gateway", docs_url="/docs", redoc_url=None)
    app.add_middleware(BodyLimit, limit=BODY_LIMIT)
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(RequestValidationError, _unprocessable)
    for away in REDIS_AWAY:
        app.add_exception_handler(away, _unavailable)
    app.add_exception_handler(Congested, _congested)
    app.add_exception_handler(PerhapsKept, _perhaps_kept)

    @app.get("/healthz", tags=["health"], responses={503: {"model": Refused}})
    async def healthz() -> dict[str, bool]:
        """Answers once Redis does. A backlog is no illness: a gateway that were restarted or taken out of service for
        it would shorten no queue, and the webhooks, by which orders get finished, would stay out with it."""
        await ready()
        return {"ok": True}

    return app


async def _unprocessable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    faults = "; ".join(_in_words(fault) for fault in error.errors())
    return JSONResponse({"ok": False, "error": faults}, status_code=422)


async def _unavailable(_: Request, __: Exception) -> JSONResponse:
    error = "The queue cannot take comments at the moment; nothing was kept. Please send it again."
    return _later(error, _RETRY_AFTER_SECONDS)


async def _congested(_: Request, error: Exception) -> JSONResponse:
    return _later(str(error), _RETRY_AFTER_CONGESTION_SECONDS)


async def _perhaps_kept(_: Request, error: Exception) -> JSONResponse:
    return _later(str(error), _RETRY_AFTER_SECONDS)


def _later(error: str, seconds: int) -> JSONResponse:
    return JSONResponse({"ok": False, "error": error}, status_code=503, headers={"Retry-After": str(seconds)})


def _in_words(fault: Mapping[str, Any]) -> str:
    match fault["type"]:
        case "json_invalid":
            return f"The body is not JSON: {fault['ctx']['error']}."
        case "model_attributes_type" | "dict_type":
            return "The body must be a JSON object, sent with content-type: application/json."
    place = ".".join(str(part) for part in fault["loc"] if part != "body") or "body"
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}"
