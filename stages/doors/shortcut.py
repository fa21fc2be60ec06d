"""The way that nearly all requests of a path take, past a framework that is made for all that may come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

Shortcut: TypeAlias = Callable[[Headers, bytes], Awaitable[Response | None]]
"""Answers a request by its headers and body; None where it is not plainly right: then its route says what is wrong."""
Replies: TypeAlias = Mapping[Any, Callable[[Request, Exception], Awaitable[Response]]]


@dataclass(frozen=True, slots=True)
class Shortcuts:
    """Of a door, by path, for its POSTs. What one raises is answered by `replies`, as it is for every route."""

    by_path: Mapping[str, Shortcut] = field(default_factory=dict)
    replies: Replies = field(default_factory=dict)

    async def answer(self, shortcut: Shortcut, scope: Scope, body: bytes) -> Response | None:
        """What the shortcut says to a request whose whole body has come. Raises what no reply is there for."""
        try:
            return await shortcut(Headers(scope=scope), body)
        except Exception as error:
            for kind in type(error).__mro__:
                if reply := self.replies.get(kind):
                    return await reply(Request(scope), error)
            raise
