"""The sandbox's own doors, which no provider has: the ledger, the fault plan, the clock."""

from __future__ import annotations

from collections.abc import Callable

import orjson
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from stages.sandbox.clock import SandboxClock
from stages.sandbox.faults import Fault, FaultPlan
from stages.sandbox.ledger import ledger
from stages.sandbox.store import Document, Store


class Step(BaseModel):
    """A step of the clock, as `POST /clock` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    advance_seconds: float = Field(ge=0)


def sandbox_routes(
    store: Store, faults: FaultPlan, clock: SandboxClock, changed: Callable[[], None]
) -> APIRouter:
    """`GET /ledger`, `GET|POST|DELETE /faults`, `POST /clock`, `GET /health`."""
    router = APIRouter()

    def plan() -> Document:
        return {"armed": faults.waiting(), "fired": faults.fired}

    @router.get("/health")
    async def health() -> Document:
        waiting, settled = store.one("count_deliveries", {}) or (0, 0)
        return {"ok": True, "deliveries": {"waiting": waiting, "settled": settled}}

    @router.get("/ledger")
    async def read_ledger() -> Response:
        return Response(orjson.dumps(ledger(store)), media_type="application/json")

    @router.get("/faults")
    async def read_faults() -> Document:
        return plan()

    @router.post("/faults", status_code=201)
    async def arm(fault: Fault) -> Document:
        faults.arm(fault)
        return plan()

    @router.delete("/faults")
    async def disarm() -> Document:
        faults.disarm()
        return plan()

    @router.post("/clock")
    async def advance(step: Step) -> Document:
        now = clock.advance(step.advance_seconds)
        changed()
        return {"now": now}

    return router
