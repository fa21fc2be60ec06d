"""Disputes: opened by the card holder's bank, closed by giving in or by evidence."""

from __future__ import annotations

import orjson

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.errors import impossible
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, change, fetch, page
from stages.sandbox.payments.parameters import accept, boolean, metadata, nested, optional
from stages.sandbox.store import Document, new_id

_OPEN = ("warning_needs_response", "needs_response", "under_review")
_VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
"""The words that decide a test dispute (docs.stripe.com/testing, "Disputes", "Evidence")."""


def open_dispute(call: StripeCall, charge: Document) -> Document:
    """The bank takes back what is left of the charge."""
    dispute: Document = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {"has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }
    add(call, dispute)
    change(call, charge, disputed=True)
    record(call, "charge.dispute.created", dispute)
    record(call, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(call: StripeCall) -> Document:
    """Takes evidence; submitted test evidence decides at once."""
    accept(call.parameters, ("evidence", "metadata", "submit"))
    dispute = _still_open(call)
    evidence = nested(call.parameters, "evidence")
    accept(evidence, ("product_description", "shipping_tracking_number", "uncategorized_text"))
    dispute["evidence"] = {**dispute["evidence"], **evidence}
    change(call, dispute, metadata={**dispute["metadata"], **metadata(call.parameters)})
    if not boolean(call.parameters, "submit"):
        record(call, "charge.dispute.updated", dispute)
        return dispute
    verdict = _VERDICTS.get(dispute["evidence"].get("uncategorized_text", ""))
    if verdict is None:
        change(call, dispute, status="under_review")
        record(call, "charge.dispute.updated", dispute)
        return dispute
    return _closed(call, dispute, verdict)


def close(call: StripeCall) -> Document:
    """The merchant gives in: the dispute is lost."""
    accept(call.parameters, ())
    return _closed(call, _still_open(call), "lost")


def is_charged_back(call: StripeCall, charge: Document) -> bool:
    """Whether the bank holds the charge's money, for now or for good."""
    if not charge["disputed"]:
        return False
    everything = {"created_from": 0, "created_to": 2**62, "after": 0, "before": 2**62, "limit": 1}
    values = {"kind": "dispute", "related": charge["payment_intent"], **everything}
    row = call.store.one("list_objects_related", values)
    return row is None or orjson.loads(row["body"])["status"] != "won"


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "dispute", call.path["id"])


def list_disputes(call: StripeCall) -> Document:
    accept_list(call, "charge", "payment_intent")
    intent_id, charge_id = optional(call.parameters, "payment_intent"), optional(call.parameters, "charge")
    if charge_id is not None:
        intent_id = fetch(call, "charge", charge_id, "charge")["payment_intent"]
    return page(call, "dispute", "/v1/disputes", related=intent_id)


def _still_open(call: StripeCall) -> Document:
    dispute = fetch(call, "dispute", call.path["id"])
    if dispute["status"] not in _OPEN:
        raise impossible("This dispute is already closed", "dispute_already_closed")
    return dispute


def _closed(call: StripeCall, dispute: Document, verdict: str) -> Document:
    change(call, dispute, status=verdict)
    if verdict == "won":
        record(call, "charge.dispute.funds_reinstated", dispute)
    record(call, "charge.dispute.closed", dispute)
    return dispute
