"""Payment intents: created, confirmed, cancelled, read and listed."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.confirmation import confirm as try_payment
from stages.sandbox.payments.currencies import amount_of, currency_of
from stages.sandbox.payments.errors import impossible, invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, change, fetch, page
from stages.sandbox.payments.parameters import (
    accept,
    boolean,
    choice,
    metadata,
    nested,
    optional,
    refuse_listed_types,
)
from stages.sandbox.payments.payment_methods import checked_owner, resolve
from stages.sandbox.store import Document, new_id

_CREATE = (
    *(
        "allowed_payment_method_types",
        "amount",
        "automatic_payment_methods",
        "confirm",
        "currency",
        "customer",
        "description",
        "metadata",
    ),
    *("off_session", "payment_method", "receipt_email", "return_url"),
    *("setup_future_usage", "statement_descriptor_suffix"),
)
_CONFIRM = ("off_session", "payment_method", "receipt_email", "return_url", "setup_future_usage")
_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")
_REASONS = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    refuse_listed_types(parameters)
    accept(parameters, _CREATE)
    currency = currency_of(parameters)
    amount = amount_of(parameters, currency)
    confirms, off_session = boolean(parameters, "confirm"), boolean(parameters, "off_session")
    if off_session and not confirms:
        message = "You cannot provide `off_session` without setting `confirm` to true."
        raise invalid(message, "off_session")
    if confirms and not off_session:
        _check_return_url(parameters)
    intent = new_intent(
        call,
        amount=amount,
        currency=currency,
        description=optional(parameters, "description"),
        metadata=metadata(parameters),
        receipt_email=optional(parameters, "receipt_email"),
        setup_future_usage=choice(parameters, "setup_future_usage", ("off_session", "on_session")),
    )
    customer, method = optional(parameters, "customer"), optional(parameters, "payment_method")
    if customer is not None:
        intent["customer"] = fetch(call, "customer", customer, "customer")["id"]
    if method is not None:
        given = resolve(call, method)
        checked_owner(given, intent["customer"])
        intent.update(payment_method=given["id"], status="requires_confirmation")
    add(call, intent)
    record(call, "payment_intent.created", intent)
    return try_payment(call, intent, None, off_session=off_session) if confirms else intent


def new_intent(call: StripeCall, **given: object) -> Document:
    """A payment intent that nothing was tried on; not stored yet."""
    identifier = new_id("pi")
    return {
        "id": identifier,
        "object": "payment_intent",
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": new_id(f"{identifier}_secret"),
        "confirmation_method": "automatic",
        "created": call.now,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "payment_method": None,
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        **given,
    }


def _check_return_url(parameters: Document) -> None:
    automatic = nested(parameters, "automatic_payment_methods")
    only_cards = parameters.get("allowed_payment_method_types") == ["card"]
    if only_cards or optional(parameters, "return_url"):
        return
    if automatic.get("allow_redirects") != "never":
        message = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of "
            "these payment methods might redirect your customer off of your page, you must provide a `return_url`. "
            "If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` "
            "to `true` and `automatic_payment_methods[allow_redirects]` to `never`."
        )
        raise invalid(message, "return_url")


def confirm(call: StripeCall) -> Document:
    accept(call.parameters, _CONFIRM)
    intent = fetch(call, "payment_intent", call.path["id"])
    if intent["status"] not in _OPEN:
        message = (
            f"You cannot confirm this PaymentIntent because it has already {_has(intent['status'])}. "
            "Create a new PaymentIntent to pay again."
        )
        raise impossible(message, "payment_intent_unexpected_state", {"payment_intent": intent})
    off_session = boolean(call.parameters, "off_session")
    return try_payment(call, intent, optional(call.parameters, "payment_method"), off_session=off_session)


def _has(status: str) -> str:
    return "been canceled" if status == "canceled" else "succeeded after being previously confirmed"


def cancel(call: StripeCall) -> Document:
    accept(call.parameters, ("cancellation_reason",))
    reason = choice(call.parameters, "cancellation_reason", _REASONS)
    intent = fetch(call, "payment_intent", call.path["id"])
    if intent["status"] not in _OPEN:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            "with one of the following statuses may be canceled: requires_payment_method, requires_capture, "
            "requires_confirmation, requires_action, processing."
        )
        raise impossible(message, "payment_intent_unexpected_state", {"payment_intent": intent})
    change(
        call, intent, status="canceled", canceled_at=call.now, cancellation_reason=reason, next_action=None
    )
    record(call, "payment_intent.canceled", intent)
    return intent


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "payment_intent", call.path["id"])


def list_intents(call: StripeCall) -> Document:
    accept_list(call, "customer")
    return page(call, "payment_intent", "/v1/payment_intents", owner=optional(call.parameters, "customer"))
