"""Payment methods: cards, made from test numbers or tokens, loose or attached to a customer."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.cards import (
    Card,
    Decline,
    card_with_fingerprint,
    card_with_number,
    card_with_token,
)
from stages.sandbox.payments.errors import StripeRefusal, impossible, invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, change, fetch, page
from stages.sandbox.payments.parameters import accept, choice, integer, metadata, nested, optional, required
from stages.sandbox.store import Document, new_id


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    accept(parameters, ("type", "card", "billing_details", "metadata"))
    required(parameters, "type")
    choice(parameters, "type", ("card",))
    given = nested(parameters, "card")
    token = optional(given, "token")
    card = card_with_token(token) if token else card_with_number(required(given, "number"))
    if card is None:
        raise _no_such_card(token)
    document = loose(call, card, billing=nested(parameters, "billing_details"), metadata=metadata(parameters))
    if token is None:
        document["card"]["exp_month"] = integer(given, "exp_month") or 12
        document["card"]["exp_year"] = integer(given, "exp_year") or document["card"]["exp_year"]
    return add(call, document)


def _no_such_card(token: str | None) -> StripeRefusal:
    if token:
        return impossible(f"No such token: '{token}'", "resource_missing")
    message = "Your card was declined. Your request was in test mode, but used a non test card."
    return card_refusal(Decline("card_declined", "test_mode_live_card", message))


def loose(
    call: StripeCall, card: Card, *, billing: Document | None = None, metadata: Document | None = None
) -> Document:
    """A payment method on this card that belongs to nobody yet; not stored."""
    details = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None, **(billing or {})}
    return {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": details,
        "card": {
            "brand": card.brand,
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "display_brand": card.brand,
            "exp_month": 12,
            "exp_year": 2040,
            "fingerprint": card.fingerprint,
            "funding": "credit",
            "last4": card.number[-4:],
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": call.now,
        "customer": None,
        "livemode": False,
        "metadata": metadata or {},
        "type": "card",
    }


def resolve(call: StripeCall, identifier: str, *, in_path: bool = False) -> Document:
    """The stored payment method; a token such as `pm_card_visa` makes a new one, as at Stripe."""
    card = card_with_token(identifier)
    if card is not None:
        return add(call, loose(call, card))
    return fetch(call, "payment_method", identifier, "id" if in_path else "payment_method")


def attach(call: StripeCall) -> Document:
    accept(call.parameters, ("customer",))
    customer = fetch(call, "customer", required(call.parameters, "customer"), "customer")
    card = card_with_token(call.path["id"])
    if card is not None and not card.attaches and card.decline is not None:
        raise card_refusal(card.decline)
    method = resolve(call, call.path["id"], in_path=True)
    if method["customer"] not in (None, customer["id"]):
        raise impossible("The payment method you provided has already been attached to a customer.")
    stored = card_of(method)
    if not stored.attaches and stored.decline is not None:
        raise card_refusal(stored.decline)
    change(call, method, customer=customer["id"])
    record(call, "payment_method.attached", method)
    return method


def detach(call: StripeCall) -> Document:
    accept(call.parameters, ())
    method = fetch(call, "payment_method", call.path["id"])
    if method["customer"] is None:
        raise impossible(
            "The payment method you provided is not attached to a customer so detachment is impossible."
        )
    change(call, method, customer=None)
    record(call, "payment_method.detached", method)
    return method


def retrieve(call: StripeCall) -> Document:
    return resolve(call, call.path["id"], in_path=True)


def list_methods(call: StripeCall) -> Document:
    accept_list(call, "customer", "type", "allow_redisplay")
    choice(call.parameters, "type", ("card",))
    customer = fetch(call, "customer", required(call.parameters, "customer"), "customer")
    return page(call, "payment_method", "/v1/payment_methods", owner=customer["id"])


def list_of_customer(call: StripeCall) -> Document:
    accept_list(call, "type", "allow_redisplay")
    customer = fetch(call, "customer", call.path["id"])
    return page(
        call, "payment_method", f"/v1/customers/{customer['id']}/payment_methods", owner=customer["id"]
    )


def card_of(method: Document) -> Card:
    """The test card behind a stored payment method."""
    return card_with_fingerprint(method["card"]["fingerprint"])


def card_refusal(decline: Decline, **more: object) -> StripeRefusal:
    """402 in Stripe's words for a card that was declined."""
    return StripeRefusal(
        402,
        "card_error",
        decline.message,
        decline.code,
        more={"decline_code": decline.decline_code, **more},
    )


def checked_owner(method: Document, customer: str | None) -> None:
    """Refuses a payment method of another customer, and one that may not be used again."""
    if method["customer"] is not None and customer is None:
        message = (
            "The PaymentMethod you provided belongs to a customer; please include the customer in the customer "
            "parameter on the PaymentIntent."
        )
        raise invalid(message, "customer")
    if method["customer"] != customer and customer is not None and method["customer"] is not None:
        message = (
            f"The customer does not have a payment method with the ID {method['id']}. "
            "The payment method must be attached to the customer."
        )
        raise invalid(message, "payment_method", "resource_missing")
