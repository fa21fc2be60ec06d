"""Whether a door is up, whether it can serve, and what it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import structlog
from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from pydantic import BaseModel

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.adapters.database import DatabaseUnavailable
from stages.doors.answers import KEYED, refusals, refuse
from stages.doors.gate import Caller, Gate

Probe = Callable[[], Awaitable[object]]
"""Returns where a part answers; raises what says that it is away."""

_PROBE_SECONDS = 5.0
_AWAY = (DatabaseUnavailable, *REDIS_AWAY, TimeoutError, OSError)
_log = structlog.get_logger()


class Healthy(BaseModel):
    """It is as it should be."""

    ok: Literal[True] = True


def health_routes(
    gate: Gate, *, alive: Probe, ready: Mapping[str, Probe], registry: CollectorRegistry = REGISTRY
) -> APIRouter:
    """`GET /healthz`, `GET /readyz`, `GET /metrics`. `ready` are the parts that the door needs, by their names."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", responses=refusals(503), summary="Whether the door is up")
    async def healthz() -> Healthy:
        """Answers once the door's essential store does. A backlog is no illness: a door that were restarted or taken
        out of service for it would shorten no queue."""
        await alive()
        return Healthy()

    @router.get("/readyz", response_model=Healthy, responses=refusals(503), summary="Whether it can serve")
    async def readyz() -> Healthy | JSONResponse:
        """Answers once all that the door needs does; the error names what doesn't."""
        away = await _away_of(ready)
        return refuse(503, f"These do not answer: {', '.join(away)}.") if away else Healthy()

    watcher = Depends(gate.needs("metrics"))

    @router.get(
        "/metrics",
        response_class=Response,
        responses={200: {"content": {"text/plain": {}}}, **refusals(*KEYED)},
        summary="What Prometheus reads",
    )
    async def metrics(_: Caller = watcher) -> Response:
        """In Prometheus' text format."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def _away_of(parts: Mapping[str, Probe]) -> list[str]:
    answers = await asyncio.gather(*(_answers(name, probe) for name, probe in parts.items()))
    return [name for name, answered in zip(parts, answers, strict=True) if not answered]


async def _answers(name: str, probe: Probe) -> bool:
    try:
        await asyncio.wait_for(probe(), _PROBE_SECONDS)
    except _AWAY as error:
        _log.warning("not ready", part=name, error=str(error), kind=type(error).__name__)
        return False
    return True
