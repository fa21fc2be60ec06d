"""What can be done on the page: decide a review, send dead letters back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from schemas.records import Name
from stages.console.backstage import Backstage
from stages.console.letter_desk import LetterDesk
from stages.console.notice import Notice
from stages.console.panels import Panel
from stages.console.rendering import Renderer
from stages.console.review_desk import ReviewDesk
from stages.console.visitors import Visitors, same_origin
from stages.doors.gate import Caller

Sku = Annotated[Name, Form()]


def action_routes(
    backstage: Backstage, panels: Mapping[str, Panel], visitors: Visitors, renderer: Renderer
) -> APIRouter:
    """`POST` below a streamer's reviews and dead letters. Each answers with the panel as it is afterwards, and a notice
    that says what came of it."""
    router = APIRouter(prefix="/s/{streamer}", include_in_schema=False, dependencies=[Depends(same_origin)])
    reviews, letters = ReviewDesk(backstage), LetterDesk(backstage)

    async def answer(caller: Caller, streamer: str, name: str, notice: Notice) -> Response:
        panel, seen = panels[name], backstage.seen_by(caller)
        html = renderer.panel(panel, await panel.view(seen, streamer), streamer)
        return HTMLResponse(html + renderer.fragment("notice", notice=notice))

    @router.post("/reviews/{comment_id}/confirm")
    async def confirm(request: Request, streamer: str, comment_id: UUID, sku: Sku) -> Response:
        caller = await visitors.of_page(request, streamer)
        notice = await reviews.confirm(streamer, comment_id, sku, _who(caller))
        return await answer(caller, streamer, "reviews", notice)

    @router.post("/reviews/{comment_id}/decline")
    async def decline(request: Request, streamer: str, comment_id: UUID) -> Response:
        caller = await visitors.of_page(request, streamer)
        notice = await reviews.decline(streamer, comment_id, _who(caller))
        return await answer(caller, streamer, "reviews", notice)

    @router.post("/dead-letters/redrive")
    async def redrive_all(request: Request, streamer: str) -> Response:
        caller = await visitors.of_page(request, streamer)
        notice = await letters.redrive_all(streamer, with_strays=caller.streamer is None)
        return await answer(caller, streamer, "dead-letters", notice)

    @router.post("/dead-letters/{dead_id:path}/redrive")
    async def redrive(request: Request, streamer: str, dead_id: str) -> Response:
        caller = await visitors.of_page(request, streamer)
        notice = await letters.redrive(streamer, dead_id, with_strays=caller.streamer is None)
        return await answer(caller, streamer, "dead-letters", notice)

    return router


def _who(caller: Caller) -> str:
    """As it stands beside a decision."""
    return f"{caller.name} (console)"
