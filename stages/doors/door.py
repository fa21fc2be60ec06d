"""The one way to make a door: the same limits, answers, headers and health in front of whatever it serves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.adapters.database import DatabaseUnavailable
from stages.doors.answer_headers import AnswerHeaders
from stages.doors.answers import refuse
from stages.doors.body_limit import BodyLimit
from stages.doors.faults import words_for
from stages.doors.gate import Gate, NotAdmitted
from stages.doors.health import Probe, health_routes
from stages.doors.security_headers import secure
from stages.doors.shortcut import Shortcut, Shortcuts

BODY_LIMIT = 64 * 1024
Reply: TypeAlias = Callable[[Request, Exception], Awaitable[Response]]
"""What an exception is answered."""
Lifespan: TypeAlias = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_UNREADABLE = "There was an error parsing the body"  # FastAPI's, of a body that is no text at all
_log = structlog.get_logger()


async def nothing_to_ask() -> None:
    """The probe of a door that needs no store."""


def create_door(
    title: str,
    *routers: APIRouter,
    gate: Gate,
    alive: Probe = nothing_to_ask,
    ready: Mapping[str, Probe] | None = None,
    replies: Mapping[type[Exception], Reply] | None = None,
    body_limit: int = BODY_LIMIT,
    body_limits: Mapping[str, int] | None = None,
    shortcuts: Mapping[str, Shortcut] | None = None,
    lifespan: Lifespan | None = None,
    documented: bool = True,
) -> FastAPI:
    """An application with these routes. `alive` is asked by /healthz, all of `ready` by /readyz. `replies` are the
    door's own exceptions, on top of those that every door knows. `body_limits` are the limits of single paths, in
    bytes. `shortcuts` are asked before the routes of their paths, where HttpProtocol serves. Whoever is not
    `documented` (pages for people) has no /openapi.json; there is no page over it, whose scripts would lie elsewhere.

    No answer allows another site's page to read it: there are no CORS headers. Whoever made `gate` closes it.
    """
    app = (_OpenDoor if gate.open_doors else FastAPI)(
        title=title,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json" if documented else None,
        lifespan=lifespan,
    )
    answered = {**_REPLIES, **(replies or {})}
    app.state.shortcuts = Shortcuts(shortcuts or {}, answered)
    app.add_middleware(BodyLimit, limit=body_limit, limits=body_limits or {})
    app.add_middleware(AnswerHeaders, write=secure)
    for router in (*routers, health_routes(gate, alive=alive, ready=ready or {})):
        app.include_router(router)
    app.router.default = _nothing_there
    for kind, reply in answered.items():
        app.add_exception_handler(kind, reply)
    return app


class _OpenDoor(FastAPI):
    """Documents that a key may be left out."""

    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        for operations in document["paths"].values():
            for operation in operations.values():
                if {} not in operation.get("security", [{}]):
                    operation["security"].append({})
        return document


async def _nothing_there(_: Scope, __: Receive, ___: Send) -> None:
    """Where no route is, for a WebSocket too. Starlette's own closes that without a word."""
    raise HTTPException(404)


async def _unprocessable(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for nothing else
    return refuse(422, "; ".join(words_for(fault) for fault in error.errors()))


async def _not_admitted(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NotAdmitted)  # noqa: S101 - registered for nothing else
    answer = refuse(error.status, str(error))
    answer.headers.update(error.headers)
    return answer


def words_of(error: HTTPException, path: str) -> str:
    """What is said of it: our own words where Starlette has but the status's name."""
    match error.detail:
        case "Not Found":
            return f"There is nothing at {path}."
        case "Method Not Allowed":
            return "This is not done here by this method."
        case detail:
            return str(detail)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    if error.status_code in (204, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    if error.status_code == 400 and error.detail == _UNREADABLE:
        return refuse(422, "The body is not JSON in UTF-8.")
    answer = refuse(error.status_code, words_of(error, request.url.path))
    answer.headers.update(error.headers or {})
    return answer


async def _database_away(_: Request, __: Exception) -> JSONResponse:
    return refuse(503, "The database is away; nothing was kept. Please send it again.")


async def _redis_away(_: Request, __: Exception) -> JSONResponse:
    return refuse(503, "The queue is away; nothing was kept. Please send it again.")


async def _broken(request: Request, error: Exception) -> JSONResponse:
    _log.error("a request failed", path=request.url.path, kind=type(error).__name__, exc_info=error)
    return refuse(500, "Something went wrong here; it was logged.")


_REPLIES: Mapping[Any, Reply] = {
    RequestValidationError: _unprocessable,
    NotAdmitted: _not_admitted,
    HTTPException: _http,
    DatabaseUnavailable: _database_away,
    **dict.fromkeys(REDIS_AWAY, _redis_away),
    Exception: _broken,
}
