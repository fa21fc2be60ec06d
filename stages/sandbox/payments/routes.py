"""The Stripe API's URLs that we use, and the resource behind each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stages.sandbox.payments import (
    accounts,
    charges,
    checkout,
    customers,
    disputes,
    events,
    hosted_payment,
    payment_intents,
    payment_methods,
    refunds,
    transfers,
)
from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import unknown_url
from stages.sandbox.payments.exchange import Operation, StripeExchange
from stages.sandbox.store import Document

_OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    # Routes are tried in this order: those that carry the load are first.
    ("POST", "/v1/payment_intents", payment_intents.create),
    ("POST", "/v1/checkout/sessions", checkout.create),
    ("GET", "/v1/payment_intents", payment_intents.list_intents),
    ("GET", "/v1/payment_intents/{id}", payment_intents.retrieve),
    ("POST", "/v1/payment_intents/{id}/confirm", payment_intents.confirm),
    ("POST", "/v1/payment_intents/{id}/cancel", payment_intents.cancel),
    ("POST", "/v1/customers", customers.create),
    ("GET", "/v1/customers", customers.list_customers),
    ("GET", "/v1/customers/{id}", customers.retrieve),
    ("DELETE", "/v1/customers/{id}", customers.delete),
    ("GET", "/v1/customers/{id}/payment_methods", payment_methods.list_of_customer),
    ("POST", "/v1/payment_methods", payment_methods.create),
    ("GET", "/v1/payment_methods", payment_methods.list_methods),
    ("GET", "/v1/payment_methods/{id}", payment_methods.retrieve),
    ("POST", "/v1/payment_methods/{id}/attach", payment_methods.attach),
    ("POST", "/v1/payment_methods/{id}/detach", payment_methods.detach),
    ("GET", "/v1/charges", charges.list_charges),
    ("GET", "/v1/charges/{id}", charges.retrieve),
    ("POST", "/v1/refunds", refunds.create),
    ("GET", "/v1/refunds", refunds.list_refunds),
    ("GET", "/v1/refunds/{id}", refunds.retrieve),
    ("GET", "/v1/checkout/sessions", checkout.list_sessions),
    ("GET", "/v1/checkout/sessions/{id}", checkout.retrieve),
    ("GET", "/v1/checkout/sessions/{id}/line_items", checkout.line_items),
    ("POST", "/v1/checkout/sessions/{id}/expire", checkout.expire),
    ("GET", "/v1/disputes", disputes.list_disputes),
    ("GET", "/v1/disputes/{id}", disputes.retrieve),
    ("POST", "/v1/disputes/{id}", disputes.update),
    ("POST", "/v1/disputes/{id}/close", disputes.close),
    ("POST", "/v1/accounts", accounts.create),
    ("GET", "/v1/accounts/{id}", accounts.retrieve),
    ("POST", "/v1/transfers", transfers.create),
    ("GET", "/v1/transfers", transfers.list_transfers),
    ("GET", "/v1/transfers/{id}", transfers.retrieve),
    ("GET", "/v1/setup_intents/{id}", hosted_payment.retrieve_setup),
    ("GET", "/v1/events", events.list_events),
    ("GET", "/v1/events/{id}", events.retrieve),
    ("POST", "/v1/webhook_endpoints", events.create_endpoint),
)


def stripe_routes(exchange: StripeExchange) -> list[Route]:
    """All of them, and Stripe's 404 for any other `/v1` URL."""
    known = [Route(path, _endpoint(exchange, act), methods=[method]) for method, path, act in _OPERATIONS]
    rest = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    return [*known, Route("/v1/{rest:path}", _unknown(exchange), methods=rest)]


def _endpoint(exchange: StripeExchange, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await exchange.answer(request, operation)

    return endpoint


def _unknown(exchange: StripeExchange) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        def refuse(call: StripeCall) -> Document:
            raise unknown_url(request.method, request.url.path)

        return await exchange.answer(request, refuse)

    return endpoint
