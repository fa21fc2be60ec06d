"""Connected accounts: whom a platform pays out to."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import add, fetch
from stages.sandbox.payments.parameters import accept, boolean, choice, metadata, nested, optional
from stages.sandbox.store import Document, new_id

_CREATE = ("business_type", "capabilities", "country", "email", "metadata", "type")
_CAPABILITIES = ("card_payments", "transfers")


def create(call: StripeCall) -> Document:
    """An account whose requested capabilities are active at once: nobody checks papers here."""
    parameters = call.parameters
    accept(parameters, _CREATE)
    wanted = nested(parameters, "capabilities")
    for name in wanted:
        if name not in _CAPABILITIES:
            raise invalid(f"Received unknown parameter: capabilities[{name}]", f"capabilities[{name}]")
    requested = [name for name in wanted if boolean(nested(wanted, name), "requested")]
    account: Document = {
        "id": new_id("acct"),
        "object": "account",
        "business_type": optional(parameters, "business_type"),
        "capabilities": dict.fromkeys(requested, "active"),
        "charges_enabled": "card_payments" in requested,
        "country": optional(parameters, "country") or "US",
        "created": call.now,
        "details_submitted": True,
        "email": optional(parameters, "email"),
        "metadata": metadata(parameters),
        "payouts_enabled": True,
        "type": choice(parameters, "type", ("custom", "express", "standard")) or "none",
    }
    add(call, account)
    record(call, "account.updated", account)
    return account


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "account", call.path["id"])
