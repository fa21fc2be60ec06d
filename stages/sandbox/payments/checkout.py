"""Checkout sessions: pay links and card set-up links, with their expiry."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.currencies import amount_of, check_amount, currency_of
from stages.sandbox.payments.errors import impossible, invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, change, fetch, page, shown
from stages.sandbox.payments.parameters import (
    accept,
    choice,
    integer,
    metadata,
    nested,
    optional,
    refuse_listed_types,
    required,
)
from stages.sandbox.store import Document, new_id

SHORTEST_SECONDS, LONGEST_SECONDS = 30 * 60, 24 * 60 * 60

_CREATE = (
    *("allowed_payment_method_types", "cancel_url", "client_reference_id", "currency", "customer"),
    *("customer_creation", "customer_email", "expires_at", "line_items", "locale", "metadata", "mode"),
    *("payment_intent_data", "phone_number_collection", "setup_intent_data", "submit_type", "success_url"),
)


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    refuse_listed_types(parameters)
    accept(parameters, _CREATE)
    mode = required(parameters, "mode")
    choice(parameters, "mode", ("payment", "setup"))
    lines = _lines(call) if mode == "payment" else []
    customer = optional(parameters, "customer")
    if customer is not None:
        fetch(call, "customer", customer, "customer")
        if optional(parameters, "customer_email"):
            raise invalid(
                "You may only specify one of these parameters: customer, customer_email.", "customer_email"
            )
    session = _session(call, mode, customer, lines)
    # What the hosted page needs when it pays; the API shows neither of them.
    session["_intent_data"] = _intent_data(parameters, mode)
    session["_line_items"] = lines
    return add(call, session)


def _session(call: StripeCall, mode: str, customer: str | None, lines: list[Document]) -> Document:
    parameters, identifier = call.parameters, new_id("cs_test")
    total = sum(line["amount_total"] for line in lines)
    if mode == "payment":
        check_amount(total, lines[0]["currency"], "line_items")
    elif "allowed_payment_method_types" not in parameters:
        currency_of(parameters)
    return {
        "id": identifier,
        "object": "checkout.session",
        "amount_subtotal": total if lines else None,
        "amount_total": total if lines else None,
        "cancel_url": optional(parameters, "cancel_url"),
        "client_reference_id": optional(parameters, "client_reference_id"),
        "created": call.now,
        "currency": lines[0]["currency"] if lines else optional(parameters, "currency"),
        "customer": customer,
        "customer_creation": choice(parameters, "customer_creation", ("always", "if_required")),
        "customer_details": None,
        "customer_email": optional(parameters, "customer_email"),
        "expires_at": _expiry(call),
        "livemode": False,
        "locale": optional(parameters, "locale"),
        "metadata": metadata(parameters),
        "mode": mode,
        "payment_intent": None,
        "payment_method_types": ["card"],
        "payment_status": "unpaid" if mode == "payment" else "no_payment_required",
        "setup_intent": None,
        "status": "open",
        "submit_type": optional(parameters, "submit_type"),
        "success_url": required(parameters, "success_url"),
        "ui_mode": "hosted_page",
        "url": f"{call.site}/c/pay/{identifier}",
    }


def _expiry(call: StripeCall) -> int:
    moment = integer(call.parameters, "expires_at")
    if moment is None:
        return call.now + LONGEST_SECONDS
    if moment < call.now + SHORTEST_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message, "expires_at")
    if moment > call.now + LONGEST_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message, "expires_at")
    return moment


def _lines(call: StripeCall) -> list[Document]:
    given = call.parameters.get("line_items")
    if not isinstance(given, list) or not given:
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    lines = [_line(item) for item in given]
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must have the same currency.", "line_items")
    return lines


def _line(item: Document) -> Document:
    price = nested(item, "price_data")
    currency = currency_of(price)
    quantity = integer(item, "quantity")
    if quantity is None or quantity < 1:
        raise invalid("Quantity is required. Add `quantity` to `line_items[0]`", "line_items[0][quantity]")
    unit = amount_of(price, currency, "unit_amount")
    name = required(nested(price, "product_data"), "name")
    return {"currency": currency, "description": name, "quantity": quantity, "amount_total": unit * quantity}


def _intent_data(parameters: Document, mode: str) -> Document:
    name, other = (
        f"{'payment' if mode == 'payment' else 'setup'}_intent_data",
        "setup" if mode == "payment" else "payment",
    )
    if f"{other}_intent_data" in parameters:
        raise invalid(f"You can not pass `{other}_intent_data` in `{mode}` mode.", f"{other}_intent_data")
    given = nested(parameters, name)
    accept(given, ("description", "metadata", "receipt_email", "setup_future_usage"))
    return {
        "description": optional(given, "description"),
        "metadata": metadata(given),
        "setup_future_usage": choice(given, "setup_future_usage", ("off_session", "on_session")),
    }


def expire(call: StripeCall) -> Document:
    accept(call.parameters, ())
    session = fetch(call, "checkout.session", call.path["id"])
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
        raise impossible(message)
    return expired(call, session)


def expired(call: StripeCall, session: Document) -> Document:
    """The session is over and can no longer be paid."""
    change(call, session, status="expired", url=None)
    record(call, "checkout.session.expired", shown(session))
    return session


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "checkout.session", call.path["id"])


def line_items(call: StripeCall) -> Document:
    accept_list(call)
    session = retrieve(call)
    lines = [
        {"id": f"li_{session['id'][8:]}{n}", "object": "item", **line}
        for n, line in enumerate(session["_line_items"])
    ]
    return {
        "object": "list",
        "data": lines,
        "has_more": False,
        "url": f"/v1/checkout/sessions/{session['id']}/line_items",
    }


def list_sessions(call: StripeCall) -> Document:
    accept_list(call, "customer", "payment_intent")
    customer, intent = optional(call.parameters, "customer"), optional(call.parameters, "payment_intent")
    return page(call, "checkout.session", "/v1/checkout/sessions", owner=customer, related=intent)
