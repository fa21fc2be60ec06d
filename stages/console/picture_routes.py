"""Frames and product pictures, for whoever may see the streamer's page."""

from __future__ import annotations

from collections.abc import Awaitable
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from stages.adapters.frames import UnreachableFrames
from stages.console.backstage import Backstage
from stages.console.pictures import NoPicture, Pictures
from stages.console.views.evidence import frame_name, product_picture
from stages.console.visitors import Visitors

_MOST_NUMBER = 1000
# What was looked at stays what it is; only the browser of whoever may see it keeps it.
_KEEP = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}


def picture_routes(backstage: Backstage, pictures: Pictures, visitors: Visitors) -> APIRouter:
    """`GET` a frame of a review, by its number from 1, and a product's picture. Names of files and URLs stay here."""
    router = APIRouter(prefix="/s/{streamer}", include_in_schema=False)

    @router.get("/reviews/{comment_id}/frames/{number}")
    async def frame(request: Request, streamer: str, comment_id: UUID, number: int) -> Response:
        await visitors.of_page(request, streamer)
        within = 1 <= number <= _MOST_NUMBER
        name = await frame_name(backstage, streamer, comment_id, number) if within else None
        return await _answer(pictures.frame(name) if name else None)

    @router.get("/products/{product_id}/picture")
    async def product(request: Request, streamer: str, product_id: UUID) -> Response:
        await visitors.of_page(request, streamer)
        path = await product_picture(backstage, streamer, product_id)
        return await _answer(pictures.product(path) if path else None)

    return router


async def _answer(picture: Awaitable[bytes] | None) -> Response:
    if picture is None:
        raise HTTPException(404, "There is no such picture.")
    try:
        return Response(await picture, media_type="image/jpeg", headers=_KEEP)
    except NoPicture as error:
        raise HTTPException(404, "This picture can't be shown any more.") from error
    except UnreachableFrames as error:
        raise HTTPException(503, "The pictures can't be reached at the moment.") from error
