"""Charges: one attempt of a payment intent on a card."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.cards import Decline
from stages.sandbox.payments.disputes import open_dispute
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, fetch, page
from stages.sandbox.payments.parameters import optional
from stages.sandbox.payments.payment_methods import card_of
from stages.sandbox.store import Document, new_id


def new_charge(call: StripeCall, intent: Document, method: Document, decline: Decline | None) -> Document:
    """The charge of this intent, paid or failed, with its event."""
    paid = decline is None
    charge: Document = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "balance_transaction": new_id("txn") if paid else None,
        "billing_details": method["billing_details"],
        "captured": paid,
        "created": call.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": decline.code if decline else None,
        "failure_message": decline.message if decline else None,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(decline),
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": method["card"], "type": "card"},
        "receipt_email": intent["receipt_email"],
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }
    add(call, charge)
    record(call, "charge.succeeded" if paid else "charge.failed", charge)
    if paid and card_of(method).disputed:
        open_dispute(call, charge)
    return charge


def _outcome(decline: Decline | None) -> Document:
    if decline is None:
        message, status, kind = "Payment complete.", "approved_by_network", "authorized"
    else:
        message = f"The bank returned the decline code `{decline.decline_code}`."
        status, kind = "declined_by_network", "issuer_declined"
    return {
        "network_status": status,
        "reason": decline.decline_code if decline else None,
        "risk_level": "normal",
        "seller_message": message,
        "type": kind,
    }


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "charge", call.path["id"])


def list_charges(call: StripeCall) -> Document:
    accept_list(call, "customer", "payment_intent")
    parameters = call.parameters
    customer, intent = optional(parameters, "customer"), optional(parameters, "payment_intent")
    return page(call, "charge", "/v1/charges", owner=customer, related=intent)
