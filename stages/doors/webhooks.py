"""What the payment provider tells us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.orders import NoSuchOrder, Orders
from stages.adapters.payments import ForgedWebhook, StripePayments

_log = structlog.get_logger()


def stripe_routes(payments: StripePayments, orders: Orders, now: Callable[[], datetime]) -> APIRouter:
    """`POST /webhooks/stripe`."""
    router = APIRouter(prefix="/webhooks", tags=["webhooks"])

    @router.post("/stripe", responses={400: {}, 503: {}}, summary="Events of Stripe, signed by it")
    async def stripe(request: Request) -> JSONResponse:
        """A paid pay link moves its order. Any other event is acknowledged. What could not be kept is answered 503:
        the provider sends it again."""
        try:
            event = payments.event(await request.body(), request.headers.get("stripe-signature", ""))
        except ForgedWebhook as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=400)
        if event.type != "checkout.session.completed":
            return JSONResponse({"ok": True, "moved": False})
        session = event.data.object
        try:
            moved = await orders.settle_checkout(
                event.id, event.type, session["id"], session["payment_intent"], now()
            )
        except NoSuchOrder as error:
            # Another shop's session on the same account, say. Sending it again would not help.
            _log.warning("webhook for an unknown order", event_id=event.id, error=str(error))
            moved = False
        except DatabaseUnavailable as error:
            _log.warning("webhook waits for the database", event_id=event.id, error=str(error))
            return JSONResponse({"ok": False}, status_code=503, headers={"Retry-After": "1"})
        return JSONResponse({"ok": True, "moved": moved})

    return router
