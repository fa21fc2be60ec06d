"""The way that nearly all requests of a path take, past a framework that is made for all that may come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from starlette.datastructures import Headers
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from stages.doors.body_limit import Replay

Shortcut: TypeAlias = Callable[[Headers, bytes], Awaitable[Response | None]]
"""Answers a request by its headers and body; None where it is not plainly right: then its route says what is wrong."""


class Shortcuts:
    """ASGI middleware below BodyLimit: a POST to one of these paths is offered to the path's shortcut first. What it
    raises is answered by `handlers`, as it is for every route."""

    def __init__(
        self, app: ASGIApp, shortcuts: Mapping[str, Shortcut], handlers: Mapping[Any, Callable[..., Any]]
    ) -> None:
        self._app = app
        self._taken = {
            path: ExceptionMiddleware(_Taken(app, shortcut), handlers=handlers)
            for path, shortcut in shortcuts.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        app = self._taken.get(scope["path"], self._app) if is_post else self._app
        await app(scope, receive, send)


class _Taken:
    """One shortcut, and the way around."""

    def __init__(self, app: ASGIApp, shortcut: Shortcut) -> None:
        self._app, self._shortcut = app, shortcut

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: bytes = (await receive())["body"]
        answer = await self._shortcut(Headers(scope=scope), body)
        if answer is None:
            await self._app(scope, Replay(body, receive), send)
        else:
            await answer(scope, receive, send)
