"""Refunds, whole or in parts, never beyond what was charged."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.cards import Refunding
from stages.sandbox.payments.currencies import check_fineness
from stages.sandbox.payments.disputes import is_charged_back
from stages.sandbox.payments.errors import impossible, invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, change, fetch, page, shown
from stages.sandbox.payments.parameters import accept, choice, integer, metadata, optional
from stages.sandbox.payments.payment_methods import card_of
from stages.sandbox.store import Document, new_id

_REASONS = ("duplicate", "fraudulent", "requested_by_customer")
LATER_SECONDS = 60
"""How long "some time later" is, for the test cards whose refunds change then."""


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    accept(parameters, ("amount", "charge", "metadata", "payment_intent", "reason"))
    amount = integer(parameters, "amount")
    if amount is not None and amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    charge = _charge_of(call)
    left = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise impossible(f"Charge {charge['id']} has already been refunded.", "charge_already_refunded")
    if is_charged_back(call, charge):
        raise impossible(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", "charge_disputed"
        )
    amount = left if amount is None else amount
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise impossible(message)
    check_fineness(amount, charge["currency"])
    refund = _new_refund(call, charge, amount)
    add(call, refund)
    change(call, charge, amount_refunded=charge["amount_refunded"] + amount, refunded=amount == left)
    record(call, "refund.created", shown(refund))
    record(call, "charge.refunded", charge)
    return refund


def _new_refund(call: StripeCall, charge: Document, amount: int) -> Document:
    refunding: Refunding = card_of(fetch(call, "payment_method", charge["payment_method"])).refunding
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": new_id("txn"),
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "destination_details": {"card": {"type": "refund"}, "type": "card"},
        "metadata": metadata(call.parameters),
        "payment_intent": charge["payment_intent"],
        "reason": choice(call.parameters, "reason", _REASONS),
        "receipt_number": None,
        "status": "pending" if refunding == "later" else "succeeded",
        # The API does not show it.
        "_changes_at": None if refunding == "at_once" else call.now + LATER_SECONDS,
    }


def change_later(call: StripeCall, refund: Document) -> None:
    """The time has come: a pending refund succeeds, another one fails after all, and the money is ours again."""
    refund["_changes_at"] = None
    if refund["status"] == "pending":
        change(call, refund, status="succeeded")
        record(call, "refund.updated", shown(refund))
        return
    change(call, refund, status="failed", failure_reason="expired_or_canceled_card")
    charge = fetch(call, "charge", refund["charge"])
    change(call, charge, amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False)
    record(call, "refund.failed", shown(refund))


def _charge_of(call: StripeCall) -> Document:
    charge_id = optional(call.parameters, "charge")
    if charge_id is not None:
        charge = fetch(call, "charge", charge_id, "charge")
        if charge["paid"]:
            return charge
        raise impossible(f"Charge {charge_id} failed, so there is nothing to refund.")
    intent_id = optional(call.parameters, "payment_intent")
    if intent_id is None:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise invalid(message, None, "parameter_missing")
    intent = fetch(call, "payment_intent", intent_id, "payment_intent")
    if intent["status"] == "succeeded":
        return fetch(call, "charge", intent["latest_charge"])
    raise impossible(f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.")


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "refund", call.path["id"])


def list_refunds(call: StripeCall) -> Document:
    accept_list(call, "payment_intent", "charge")
    intent_id, charge_id = optional(call.parameters, "payment_intent"), optional(call.parameters, "charge")
    if charge_id is not None:
        intent_id = fetch(call, "charge", charge_id, "charge")["payment_intent"]
    return page(call, "refund", "/v1/refunds", related=intent_id)
