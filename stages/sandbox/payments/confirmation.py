"""Confirming a payment intent: what the card does, and what becomes of the intent."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.cards import AUTHENTICATION_REQUIRED, Card, Decline
from stages.sandbox.payments.charges import new_charge
from stages.sandbox.payments.errors import StripeRefusal, impossible
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import change
from stages.sandbox.payments.payment_methods import card_of, card_refusal, checked_owner, resolve
from stages.sandbox.store import Document


def confirm(call: StripeCall, intent: Document, method_id: str | None, *, off_session: bool) -> Document:
    """Tries the payment; returns the intent that succeeded or wants the customer, raises the 402."""
    identifier = method_id or intent["payment_method"]
    if identifier is None:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. "
            "Update the PaymentIntent with a payment method and then confirm it again."
        )
        raise impossible(message, "payment_intent_unexpected_state", {"payment_intent": intent})
    method = resolve(call, identifier)
    checked_owner(method, intent["customer"])
    card = card_of(method)
    if wants_authentication(call, card, method, off_session=off_session):
        if off_session:
            raise declined(call, intent, method, AUTHENTICATION_REQUIRED)
        return _ask_customer(call, intent, method)
    if card.decline is not None:
        raise declined(call, intent, method, card.decline)
    return paid(call, intent, method)


def wants_authentication(call: StripeCall, card: Card, method: Document, *, off_session: bool) -> bool:
    """Whether the bank wants the card holder to confirm this payment."""
    match card.authentication:
        case "never":
            return False
        case "always":
            return True
        case "on_session":
            return not off_session
        case "unless_set_up":
            return not _was_set_up(call, method)


def _was_set_up(call: StripeCall, method: Document) -> bool:
    everything = {"created_from": 0, "created_to": 2**62, "after": 0, "before": 2**62, "limit": 1}
    values = {"kind": "setup_intent", "related": method["id"], **everything}
    return call.store.one("list_objects_related", values) is not None


def paid(call: StripeCall, intent: Document, method: Document) -> Document:
    """The intent succeeds and is charged."""
    intent.update(payment_method=method["id"], status="succeeded", next_action=None, last_payment_error=None)
    charge = new_charge(call, intent, method, None)
    change(call, intent, amount_received=intent["amount"], latest_charge=charge["id"])
    record(call, "payment_intent.succeeded", intent)
    return intent


def declined(call: StripeCall, intent: Document, method: Document, decline: Decline) -> StripeRefusal:
    """The intent goes back to wanting a payment method; returns the 402 with the intent inside."""
    charge = new_charge(call, intent, method, decline)
    error: Document = {
        "charge": charge["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "payment_method": method,
        "type": "card_error",
    }
    change(
        call,
        intent,
        last_payment_error=error,
        latest_charge=charge["id"],
        next_action=None,
        payment_method=None,
        status="requires_payment_method",
    )
    record(call, "payment_intent.payment_failed", intent)
    return card_refusal(decline, charge=charge["id"], payment_intent=intent, payment_method=method)


def _ask_customer(call: StripeCall, intent: Document, method: Document) -> Document:
    action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
    change(call, intent, payment_method=method["id"], status="requires_action", next_action=action)
    record(call, "payment_intent.requires_action", intent)
    return intent
