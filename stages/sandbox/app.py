"""Both providers behind one port."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.types import ASGIApp

from stages.sandbox.clock import SandboxClock
from stages.sandbox.courier import Courier
from stages.sandbox.doors import sandbox_routes
from stages.sandbox.faults import FaultPlan
from stages.sandbox.messages.routes import TwilioExchange
from stages.sandbox.payments.exchange import StripeExchange
from stages.sandbox.payments.hosted_page import hosted_page_routes
from stages.sandbox.payments.routes import stripe_routes
from stages.sandbox.providers import Providers
from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Store
from stages.sandbox.timetable import Timetable


def create_app(settings: SandboxSettings, clock: SandboxClock | None = None) -> ASGIApp:
    """The sandbox; its store opens here, its background work starts and ends with the server."""
    clock = clock or SandboxClock()
    store = Store(settings.state)
    # Dice for faults, not for secrets.
    faults = FaultPlan(random.Random(settings.fault_seed))  # noqa: S311
    courier = Courier(store, clock, settings.delivery_retry_seconds)
    timetable = Timetable(settings, store, clock, courier.wake)

    def changed() -> None:
        courier.wake()
        timetable.wake()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as background:
            tasks = [background.create_task(courier.run()), background.create_task(timetable.run())]
            yield
            for task in tasks:
                task.cancel()
        store.close()

    app = FastAPI(
        title="Payment and message sandbox",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    stripe = StripeExchange(settings, store, clock, faults, changed)
    app.include_router(hosted_page_routes(stripe, store, changed))
    app.include_router(sandbox_routes(store, faults, clock, changed))
    messages = TwilioExchange(settings, store, clock, faults, changed).routes()
    return Providers({"v1": stripe_routes(stripe), "2010-04-01": messages, "messages": messages}, app)
