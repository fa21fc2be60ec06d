"""Pins come in over HTTP."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from schemas.records import NAME_LIMIT, Name
from stages.adapters.database import DatabaseUnavailable
from stages.doors.gateway import Refused
from stages.ingest import UNPINNED
from stages.pins import PinBoard, UnknownProduct


class PostedPin(BaseModel):
    """What the host shows from now on; without a sku, nothing any more."""

    streamer: Name
    sku: str | None = Field(default=None, max_length=NAME_LIMIT)


class Pinned(BaseModel):
    """What is pinned now; None is nothing."""

    ok: bool = True
    pinned: str | None


def pin_routes(board: PinBoard) -> APIRouter:
    """`POST /pins`."""
    router = APIRouter(tags=["pins"])

    @router.post(
        "/pins",
        response_model=Pinned,
        responses={code: {"model": Refused} for code in (404, 422, 503)},
        summary="Say which product the host shows",
    )
    async def pin(posted: PostedPin) -> Pinned | JSONResponse:
        """It is evidence for what the comments after it mean."""
        try:
            pinned = await board.pin(posted.streamer, posted.sku)
        except UnknownProduct as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=404)
        except DatabaseUnavailable:
            away = "The database is away; nothing was pinned. Please send it again."
            return JSONResponse({"ok": False, "error": away}, status_code=503, headers={"Retry-After": "1"})
        return Pinned(pinned=None if pinned == UNPINNED else pinned)

    return router
