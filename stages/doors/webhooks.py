"""What the payment provider tells us."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.payments import ForgedWebhook, PaymentMisused, PaymentUnavailable, StripePayments
from stages.doors.answers import refusals, refuse
from stages.payment_events import PaymentEvents

_log = structlog.get_logger()


def stripe_routes(payments: StripePayments, events: PaymentEvents) -> APIRouter:
    """`POST /webhooks/stripe`."""
    router = APIRouter(prefix="/webhooks", tags=["webhooks"])

    @router.post("/stripe", responses=refusals(400, 413, 503), summary="Events of Stripe, signed by it")
    async def stripe(request: Request) -> JSONResponse:
        """Moves the order that the event is about; events of other kinds are acknowledged. What could not be kept is
        answered 503: the provider sends it again."""
        try:
            event = payments.event(await request.body(), request.headers.get("stripe-signature", ""))
            return JSONResponse({"ok": True, "moved": await events.take(event)})
        except ForgedWebhook as error:
            return refuse(400, str(error))
        except (DatabaseUnavailable, PaymentUnavailable, PaymentMisused) as error:
            _log.warning("webhook waits", event_id=event.id, error=str(error), kind=type(error).__name__)
            return refuse(503, "The event could not be kept. Please send it again.")

    return router
