"""The feed over HTTP: server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from fastapi import APIRouter, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from stages.console.backstage import Backstage
from stages.console.feed import Feed
from stages.console.visitors import LoggedOut, Visitors
from stages.doors.gate import Caller

_PING_SECONDS = 10
_SEND_SECONDS = 20.0
CHECK_SECONDS = 5.0
"""How often it is asked whether the visitor may still look."""
GONE = "gone"
"""The event that ends the feed of whoever may not."""


def live_routes(
    feed: Feed, backstage: Backstage, visitors: Visitors, clock: Callable[[], float]
) -> APIRouter:
    """`GET /s/{streamer}/feed`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/s/{streamer}/feed")
    async def live(request: Request, streamer: str) -> Response:
        """Every panel at first, then each as it changes; ends when the key is revoked."""
        caller = await visitors.of_page(request, streamer)
        return EventSourceResponse(
            events(request, caller, streamer), ping=_PING_SECONDS, send_timeout=_SEND_SECONDS
        )

    async def events(request: Request, caller: Caller, streamer: str) -> AsyncIterator[ServerSentEvent]:
        check_again_at = clock() + CHECK_SECONDS
        async with aclosing(feed.of(backstage.seen_by(caller), streamer)) as looks:
            async for news in looks:
                if clock() >= check_again_at:
                    try:
                        await visitors.of_page(request, streamer)
                    except LoggedOut:
                        yield ServerSentEvent("", event=GONE)
                        return
                    check_again_at = clock() + CHECK_SECONDS
                for name, html in news:
                    yield ServerSentEvent(html, event=name)

    return router
