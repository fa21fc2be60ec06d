"""Intents over HTTP, for other software than the stages."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from schemas.records import MESSAGE_LIMIT, Intent
from stages.adapters.gathering import Crowded, Gathering
from stages.doors.answers import refusals, refuse
from stages.doors.face_metrics import CROWDED, INTENT_SECONDS
from stages.doors.gate import Caller, Gate
from stages.doors.key_first import KeyFirst


class TextToJudge(BaseModel):
    """What a viewer wrote."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "I want to buy this!"}]})

    text: Annotated[str, Field(max_length=MESSAGE_LIMIT)]


class JudgedText(BaseModel):
    """The likeliest intent and its calibrated probability."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"intent": "buy", "score": 0.9821}]})

    intent: Intent
    score: Annotated[float, Field(ge=0, le=1)]


def intent_routes(gathering: Gathering, gate: Gate) -> APIRouter:
    """`POST /predict_intent`."""
    router = APIRouter(tags=["intent"], route_class=KeyFirst)
    anybody = Depends(gate.needs())

    @router.post(
        "/predict_intent",
        response_model=JudgedText,
        responses=refusals(401, 403, 413, 422, 503),
        summary="Say what a text is about",
    )
    async def predict(asked: TextToJudge, _: Caller = anybody) -> JudgedText | JSONResponse:
        """Texts that come at the same time are judged together."""
        with INTENT_SECONDS.time():
            try:
                judgement = await gathering.judge(asked.text)
            except Crowded as error:
                CROWDED.labels("intent").inc()
                return refuse(503, str(error))
        return JudgedText(intent=judgement.intent, score=round(judgement.score, 4))

    return router
