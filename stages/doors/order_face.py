"""Orders come in over HTTP, from the shop's own software."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, assert_never
from uuid import UUID, uuid4

import orjson
from fastapi import APIRouter, Depends, Header, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from redis.exceptions import ResponseError

from pipeline.ports import Watermark
from schemas.money import exponent_of
from schemas.records import Name
from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.order_requests import (
    Answer,
    Answered,
    OrderRequest,
    OrderRequests,
    OtherRequest,
    UnknownProduct,
    UnknownStreamer,
)
from stages.adapters.database.order_results import (
    Blocked,
    Contested,
    OrderPlacedMeanwhile,
    OverLimit,
    Retracted,
    SoldOut,
    TooOld,
    VariantNeeded,
)
from stages.doors.answers import refusals, refuse
from stages.doors.gate import Caller, Gate
from stages.doors.key_first import KeyFirst

_TURN_SECONDS = 0.05
MOST_PIECES = 1000


class CreateOrder(BaseModel):
    """An order as it is asked for. `product_id` is the product's id or its sku; `source` the platform that the buyer's
    handle is from."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "product_id": "JACKET-01",
                    "buyer": "emma_r",
                    "streamer": "maya.closet",
                    "source": "tiktok",
                    "quantity": 1,
                }
            ]
        }
    )

    product_id: Name
    buyer: Name
    streamer: Name
    source: Name
    quantity: Annotated[int, Field(ge=1, le=MOST_PIECES)] = 1
    variant: Name | None = None


class CreatedOrder(BaseModel):
    """The order as it was placed; `total_price` in whole units of `currency`, with its decimals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "0b7e0a52-6f8e-5d3c-9a51-3c1d2a4b5c6d",
                    "order_number": "ORD-20260102-00001",
                    "status": "placed",
                    "total_price": 79.90,
                    "product_name": "Denim jacket",
                    "currency": "USD",
                }
            ]
        }
    )

    order_id: UUID
    order_number: str
    status: str
    total_price: float
    product_name: str
    currency: str


@dataclass(frozen=True, slots=True)
class OrderFace:
    """Places orders. For `fairness_seconds` at most, it lets earlier comments that are still on their way have the
    last pieces, as the order stage does."""

    requests: OrderRequests
    watermark: Watermark
    now: Callable[[], datetime]
    fairness_seconds: float

    async def create(self, asked: CreateOrder, key: str | None) -> Answer:
        """Place the order, or find the one that this key has made. Without a key each call is an order of its own.

        Raises DatabaseUnavailable, and what says that Redis is away (connection.REDIS_AWAY)."""
        request = OrderRequest(
            key or uuid4().hex,
            asked.streamer,
            asked.product_id,
            asked.buyer,
            asked.source,
            asked.quantity,
            asked.variant,
        )
        begun = self.now()
        seq = request.seq(begun)
        while True:
            now = self.now()
            is_patient = (now - begun).total_seconds() < self.fairness_seconds
            spare = await self._earlier(asked.streamer, seq) if is_patient else 0
            try:
                answer = await self.requests.place(request, seq, now, spare)
            except OrderPlacedMeanwhile:
                continue
            if not isinstance(answer, Contested):
                return answer
            await asyncio.sleep(_TURN_SECONDS)

    async def _earlier(self, streamer: str, seq: str) -> int:
        try:
            return await self.watermark.earlier(streamer, seq)
        except ResponseError as error:
            if "NOGROUP" in str(error):  # no comment was ever read: none can be before this
                return 0
            raise


def order_routes(face: OrderFace, gate: Gate) -> APIRouter:
    """`POST /order/create`."""
    router = APIRouter(prefix="/order", tags=["orders"], route_class=KeyFirst)
    orderer = Depends(gate.needs("orders"))

    @router.post(
        "/create",
        response_model=CreatedOrder,
        responses=refusals(401, 403, 404, 409, 413, 422, 503),
        summary="Place an order",
    )
    async def create(
        asked: CreateOrder,
        caller: Caller = orderer,
        idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
    ) -> Response:
        """Places the order with its stock reserved; the buyer gets a pay link, no saved card is charged. With the
        header Idempotency-Key a repeated request gets the first answer again; without, each is an order of its own."""
        caller.require(asked.streamer)
        try:
            answer = await face.create(asked, _key_of(caller, idempotency_key))
        except DatabaseUnavailable:
            error = "The database is away. Send it again, with an Idempotency-Key: then it counts once."
            return _refused(503, error)
        return _answered(answer, asked)

    return router


def _key_of(caller: Caller, given: str | None) -> str | None:
    """The key as it is kept. Those who act for one streamer have keys of their own: none is used up by another's
    software, which may count its orders as theirs does. No header holds a line break."""
    return given if given is None or caller.streamer is None else f"{caller.streamer}\n{given}"


def _answered(answer: Answer, asked: CreateOrder) -> Response:
    match answer:
        case Answered():
            return _created(answer)
        case OtherRequest():
            return _refused(422, "This Idempotency-Key was used for another order: take a new one.")
        case UnknownStreamer():
            return _refused(404, f"There is no streamer {asked.streamer!r}.")
        case UnknownProduct():
            variant = f" in {asked.variant!r}" if asked.variant else ""
            return _refused(404, f"{asked.streamer!r} sells no product {asked.product_id!r}{variant}.")
        case VariantNeeded():
            return _refused(422, 'The product is sold in variants: say which with "variant".')
        case SoldOut() | Contested():
            return _refused(409, "There are not so many pieces left.", "sold out")
        case OverLimit(limit=limit):
            return _refused(409, f"One buyer may have {limit} pieces at most.", "over the limit")
        case Blocked():
            return _refused(409, "This buyer may not order here.", "blocked")
        case TooOld() | Retracted():
            return _refused(409, "The order can't be placed any more.", "too late")
        case _:
            assert_never(answer)


def _created(answer: Answered) -> Response:
    # As digits, not as a binary fraction: 79.90 is written so.
    digits = f"{answer.total.major:.{exponent_of(answer.total.currency)}f}"
    body = {
        "order_id": str(answer.order_id),
        "order_number": answer.order_number,
        "status": "placed",
        "total_price": orjson.Fragment(digits),
        "product_name": answer.product_name,
        "currency": answer.total.currency,
    }
    headers = {"Idempotency-Replayed": "true"} if answer.again else {}
    return Response(orjson.dumps(body), media_type="application/json", headers=headers)


def _refused(status: int, error: str, reason: str | None = None) -> Response:
    if reason is None:
        return refuse(status, error)
    return JSONResponse({"ok": False, "error": error, "reason": reason}, status_code=status)
