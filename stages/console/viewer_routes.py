"""Blocks viewers, and lets them in again."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from stages.adapters.database.buyers import Buyers
from stages.adapters.vault import Vault
from stages.console.backstage import Backstage
from stages.console.notice import Notice
from stages.console.rendering import Renderer
from stages.console.views.viewer import viewer_view
from stages.console.visitors import Visitors, same_origin


def viewer_routes(backstage: Backstage, visitors: Visitors, renderer: Renderer) -> APIRouter:
    """`POST` below a comment, for whoever looks after all streamers. Answers with the switch as it stands afterwards,
    and a notice."""
    router = APIRouter(
        prefix="/s/{streamer}/comments/{comment_id}",
        include_in_schema=False,
        dependencies=[Depends(same_origin)],
    )
    vault = Vault([key.get_secret_value() for key in backstage.settings.data_keys])
    buyers = Buyers(backstage.database, vault)

    async def switch(request: Request, streamer: str, comment_id: UUID, *, block: bool) -> Response:
        seen = backstage.seen_by(await visitors.of_page(request, streamer))
        viewer = await viewer_view(seen, streamer, comment_id)
        if viewer is None:
            raise HTTPException(404, "There is nobody here to block.")
        await buyers.block(viewer.platform, viewer.key, backstage.now() if block else None)
        words = "No more claims of {} are taken." if block else "Claims of {} are taken again."
        after = await viewer_view(seen, streamer, comment_id)
        html = renderer.fragment("viewer", viewer=after, streamer=streamer)
        return HTMLResponse(html + renderer.fragment("notice", notice=Notice(words.format(viewer.client))))

    @router.post("/block")
    async def block(request: Request, streamer: str, comment_id: UUID) -> Response:
        return await switch(request, streamer, comment_id, block=True)

    @router.post("/unblock")
    async def unblock(request: Request, streamer: str, comment_id: UUID) -> Response:
        return await switch(request, streamer, comment_id, block=False)

    return router
