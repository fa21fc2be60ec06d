"""Products on screen over HTTP, for other software than the stages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.money import Money, exponent_of
from schemas.records import FRAME_URLS_LIMIT, MESSAGE_LIMIT, FrameUrl, Name
from stages.adapters.database.catalog import Product
from stages.adapters.frame_urls import ForbiddenFrame, FrameUrlPrefixes
from stages.adapters.frames import UnreachableFrames
from stages.adapters.matcher import Matcher
from stages.adapters.pins import Pins
from stages.adapters.shelf import Shelf, Shelves
from stages.adapters.sight import Sight
from stages.adapters.slots import parse_slots
from stages.doors.answers import refusals, refuse
from stages.doors.face_metrics import CROWDED, VISION_SECONDS
from stages.doors.gate import Caller, Gate
from stages.doors.key_first import KeyFirst
from stages.doors.moments import PostedMoment
from stages.looking import look

MOST_WAITING = 64


class SceneToMatch(BaseModel):
    """A streamer's show when a viewer wrote. Without `frame_urls` the stored frames of the seconds before count; a
    `message` is evidence too."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"streamer": "maya.closet", "timestamp": "2026-01-02T20:15:30Z", "frame_urls": []}]
        }
    )

    streamer: Name
    timestamp: PostedMoment
    frame_urls: Annotated[list[FrameUrl], Field(max_length=FRAME_URLS_LIMIT)] = []
    message: Annotated[str, Field(max_length=MESSAGE_LIMIT)] = ""


class MatchedProduct(BaseModel):
    """The likeliest product, also where the score is low: MATCH_THRESHOLD (0.7) is where a claim begins. `price` in
    whole units of `currency`, with its decimals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "productId": "0b0c6a0e-0f0e-5c5b-9f53-5a3a2f6d1c11",
                    "product_name": "Blue Denim Jacket",
                    "score": 0.9312,
                    "price": 79.99,
                    "currency": "USD",
                    "sku": "JKT-01",
                }
            ]
        }
    )

    productId: str  # noqa: N815 - the name that callers know
    product_name: str
    score: Annotated[float, Field(ge=0, le=1)]
    price: float
    currency: str
    sku: str


class NothingToMatch(Exception):
    """There is no catalog, or no frame; the message says which."""


class TooManyScenes(Exception):
    """So many scenes wait already that this one would wait too long."""

    def __init__(self) -> None:
        super().__init__("Too many scenes wait to be looked at. Please send it again.")


@dataclass(frozen=True, slots=True)
class Found:
    """A product, and how sure that is."""

    product: Product
    score: float


class VisionFace:
    """Looks with the eyes of the vision stage, and keeps nothing."""

    def __init__(
        self,
        *,
        shelves: Shelves,
        sight: Sight,
        matcher: Matcher,
        pins: Pins,
        url_prefixes: Sequence[str],
        timeout_seconds: float,
    ) -> None:
        self._shelves, self._sight, self._matcher, self._pins = shelves, sight, matcher, pins
        self._prefixes, self._timeout_seconds = FrameUrlPrefixes(url_prefixes), timeout_seconds
        self._waiting = 0

    async def find(self, scene: SceneToMatch) -> Found:
        """The product on screen. Raises ForbiddenFrame, NothingToMatch, TooManyScenes, UnreachableFrames,
        DatabaseUnavailable, and TimeoutError where it takes longer than the stage may."""
        for url in scene.frame_urls:
            self._prefixes.below(url)
        if self._waiting >= MOST_WAITING:
            raise TooManyScenes
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await self._look(scene)
        finally:
            self._waiting -= 1

    async def _look(self, scene: SceneToMatch) -> Found:
        shelf = await self._shelves.of(scene.streamer)
        if shelf is None:
            raise NothingToMatch(f"There is no streamer {scene.streamer!r}.")
        found = await look(
            scene, scene.message, _code(scene, shelf), shelf=shelf, sight=self._sight, pins=self._pins
        )
        if found is None:
            raise NothingToMatch(_no_frames(scene))
        match = found.match(shelf, self._matcher)
        if match is None:
            raise NothingToMatch(f"{scene.streamer!r} sells nothing that could be recognised.")
        return Found(shelf.products[match.sku], match.score)


def vision_routes(face: VisionFace, gate: Gate) -> APIRouter:
    """`POST /match_product`."""
    router = APIRouter(tags=["vision"], route_class=KeyFirst)
    anybody = Depends(gate.needs())

    @router.post(
        "/match_product",
        response_model=MatchedProduct,
        responses=refusals(401, 403, 404, 413, 422, 503),
        summary="Say which product was on screen",
    )
    async def match(scene: SceneToMatch, caller: Caller = anybody) -> Response:
        """Frames are read only below FRAME_URL_PREFIXES. 404 says that there is no catalog or no frame."""
        caller.require(scene.streamer)
        with VISION_SECONDS.time():
            try:
                found = await face.find(scene)
            except ForbiddenFrame as error:
                return refuse(422, f"frame_urls: {error}")
            except NothingToMatch as error:
                return refuse(404, str(error))
            except TooManyScenes as error:
                CROWDED.labels("vision").inc()
                return refuse(503, str(error))
            except (UnreachableFrames, TimeoutError):
                return refuse(503, "The frames could not be looked at in time. Please send it again.")
        return _answer(found)

    return router


def _code(scene: SceneToMatch, shelf: Shelf) -> str | None:
    codes = shelf.vocabulary.codes
    return parse_slots(scene.message, codes=codes).code if codes and scene.message else None


def _no_frames(scene: SceneToMatch) -> str:
    if scene.frame_urls:
        return "None of the frames can be read."
    return f"There are no frames of {scene.streamer!r} from the seconds before {scene.timestamp.isoformat()}."


def _answer(found: Found) -> Response:
    body = {
        "productId": str(found.product.id),
        "product_name": found.product.name,
        "score": round(found.score, 4),
        "price": _digits(found.product.price),
        "currency": found.product.price.currency,
        "sku": found.product.sku,
    }
    return Response(orjson.dumps(body), media_type="application/json")


def _digits(price: Money) -> orjson.Fragment:
    # As digits, not as a binary fraction: 79.90 is written so.
    return orjson.Fragment(f"{price.major:.{exponent_of(price.currency)}f}")
