"""The pages, and the fragments that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from stages.console.absence import AWAY, what_is_away
from stages.console.backstage import Backstage
from stages.console.panels import Panel
from stages.console.rendering import Renderer, segment
from stages.console.views.chain import chain_view
from stages.console.views.streamers import streamers_view
from stages.console.views.viewer import viewer_view
from stages.console.views.window import HOURS
from stages.console.visitors import Visitors
from stages.doors.gate import Caller


def page_routes(
    backstage: Backstage, panels: Mapping[str, Panel], visitors: Visitors, renderer: Renderer
) -> APIRouter:
    """`GET /`, a streamer's page at `/s/{streamer}`, its panels and the chains of its comments."""
    router = APIRouter(include_in_schema=False)
    stream_page = _StreamPage(backstage, panels, renderer)

    @router.get("/")
    async def choice(request: Request) -> Response:
        """The streamers; whoever has but one is taken to it."""
        caller = await visitors.current(request)
        if caller.streamer is not None:
            return RedirectResponse(f"/s/{segment(caller.streamer)}", 303)
        view = await streamers_view(backstage)
        return HTMLResponse(renderer.page("streamers", view=view, caller=caller))

    @router.get("/s/{streamer}")
    async def page(request: Request, streamer: str) -> Response:
        return await stream_page.render(await visitors.of_page(request, streamer), streamer)

    @router.get("/s/{streamer}/panels/{name}")
    async def panel(request: Request, streamer: str, name: str) -> Response:
        caller = await visitors.of_page(request, streamer)
        if name not in panels:
            raise HTTPException(404, "There is no such panel.")
        found = panels[name]
        view = await found.view(backstage.seen_by(caller), streamer)
        return HTMLResponse(renderer.panel(found, view, streamer))

    @router.get("/s/{streamer}/comments/{comment_id}")
    async def chain(request: Request, streamer: str, comment_id: UUID) -> Response:
        """A comment's chain: in a page of its own for whoever comes by its address, else alone."""
        caller = await visitors.of_page(request, streamer)
        view = await chain_view(backstage, streamer, comment_id)
        if view is None:
            raise HTTPException(404, "Nothing is known of this comment.")
        viewer = await viewer_view(backstage.seen_by(caller), streamer, comment_id)
        html = renderer.fragment("chain", view=view, viewer=viewer, streamer=streamer)
        if request.headers.get("hx-request"):
            return HTMLResponse(html)
        return await stream_page.render(caller, streamer, html)

    return router


@dataclass(frozen=True, slots=True)
class _StreamPage:
    """A streamer's page, made of its panels."""

    backstage: Backstage
    panels: Mapping[str, Panel]
    renderer: Renderer

    async def render(self, caller: Caller, streamer: str, chain: Markup | None = None) -> Response:
        """The page as `caller` may see it, with a comment's chain where one is given."""
        seen = self.backstage.seen_by(caller)
        rendered = {name: await self._panel(panel, seen, streamer) for name, panel in self.panels.items()}
        return HTMLResponse(
            self.renderer.page(
                "stream",
                streamer=streamer,
                caller=caller,
                panels=tuple(self.panels.values()),
                rendered=rendered,
                chain=chain,
                hours=HOURS,
            )
        )

    async def _panel(self, panel: Panel, seen: Backstage, streamer: str) -> Markup:
        """One whose store is away says so; the feed brings it back."""
        try:
            return self.renderer.panel(panel, await panel.view(seen, streamer), streamer)
        except AWAY as error:
            return self.renderer.fragment("away", title=panel.title, away=what_is_away(error))
