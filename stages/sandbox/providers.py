"""The providers' own URLs, in front of the rest of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import BaseRoute, Router
from starlette.types import ASGIApp, Receive, Scope, Send


class Providers:
    """Leads calls to the routes of their URL's first segment (`v1` of `/v1/refunds`), all else to `others`. What the
    shop calls a few times for each order needs none of what a framework does before a handler: nothing is checked,
    injected or documented there."""

    def __init__(self, routes: Mapping[str, Sequence[BaseRoute]], others: ASGIApp) -> None:
        self._routers = {segment: Router(known, redirect_slashes=False) for segment, known in routes.items()}
        self._others = others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or carry the server's start and end."""
        app: ASGIApp | None = None
        if scope["type"] == "http":
            app = self._routers.get(scope["path"].split("/", 2)[1])
        await (app or self._others)(scope, receive, send)
