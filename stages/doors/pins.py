"""Pins come in over HTTP."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from schemas.records import NAME_LIMIT, Name, without_nul
from stages.adapters.database import DatabaseUnavailable
from stages.doors.answers import refusals, refuse
from stages.doors.gate import Caller, Gate
from stages.doors.key_first import KeyFirst
from stages.ingest import UNPINNED
from stages.pins import NotPinned, PinBoard


class PostedPin(BaseModel):
    """What the host shows from now on; without a sku, nothing any more."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"streamer": "maya.closet", "sku": "JACKET-01"}]}
    )

    streamer: Name
    sku: Annotated[str, Field(max_length=NAME_LIMIT), AfterValidator(without_nul)] | None = None


class Pinned(BaseModel):
    """What is pinned now; None is nothing."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ok": True, "pinned": "JACKET-01"}]})

    ok: Literal[True] = True
    pinned: str | None


def pin_routes(board: PinBoard, gate: Gate) -> APIRouter:
    """`POST /pins`."""
    router = APIRouter(tags=["pins"], route_class=KeyFirst)
    pinner = Depends(gate.needs("ingest", "console"))

    @router.post(
        "/pins",
        response_model=Pinned,
        responses=refusals(401, 403, 404, 413, 422, 503),
        summary="Say which product the host shows",
    )
    async def pin(posted: PostedPin, caller: Caller = pinner) -> Pinned | JSONResponse:
        """It is evidence for what the comments after it mean."""
        caller.require(posted.streamer)
        try:
            pinned = await board.pin(posted.streamer, posted.sku)
        except NotPinned as error:
            return refuse(404, str(error))
        except DatabaseUnavailable:
            return refuse(503, "The database is away; nothing was pinned. Please send it again.")
        return Pinned(pinned=None if pinned == UNPINNED else pinned)

    return router
