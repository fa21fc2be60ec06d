"""Transfers: from the platform's balance to a connected account."""

from __future__ import annotations

import orjson

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.currencies import check_fineness, currency_of
from stages.sandbox.payments.errors import StripeRefusal, impossible, invalid
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, fetch, page
from stages.sandbox.payments.parameters import accept, integer, metadata, optional, required
from stages.sandbox.store import Document, new_id

_CREATE = (
    "amount",
    "currency",
    "description",
    "destination",
    "metadata",
    "source_transaction",
    "transfer_group",
)


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    accept(parameters, _CREATE)
    currency = currency_of(parameters)
    destination = required(parameters, "destination")
    charge = _source(call, currency)
    amount = _amount(parameters, currency, charge)
    _check_account(call, destination)
    if charge is None and amount > _available(call, currency):
        raise _too_poor()
    transfer: Document = {
        "id": new_id("tr"),
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": new_id("txn"),
        "created": call.now,
        "currency": currency,
        "description": optional(parameters, "description"),
        "destination": destination,
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": metadata(parameters),
        "reversals": {"object": "list", "data": [], "has_more": False, "url": "/v1/transfers/reversals"},
        "reversed": False,
        "source_transaction": charge["id"] if charge else None,
        "source_type": "card",
        "transfer_group": optional(parameters, "transfer_group"),
    }
    add(call, transfer)
    record(call, "transfer.created", transfer)
    return transfer


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "transfer", call.path["id"])


def list_transfers(call: StripeCall) -> Document:
    accept_list(call, "destination", "transfer_group")
    found = page(call, "transfer", "/v1/transfers", related=optional(call.parameters, "destination"))
    group = optional(call.parameters, "transfer_group")
    if group is not None:
        found["data"] = [each for each in found["data"] if each["transfer_group"] == group]
    return found


def _source(call: StripeCall, currency: str) -> Document | None:
    identifier = optional(call.parameters, "source_transaction")
    if identifier is None:
        return None
    charge = fetch(call, "charge", identifier, "source_transaction")
    if charge["currency"] != currency:
        message = (
            "The currency of source_transaction's balance transaction must be the same as the transfer's."
        )
        raise invalid(message, "currency")
    return charge


def _amount(parameters: Document, currency: str, charge: Document | None) -> int:
    amount = integer(parameters, "amount")
    if amount is None:
        if charge is None:
            raise invalid("Missing required param: amount.", "amount", "parameter_missing")
        return int(charge["amount"])
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if charge is not None and amount > charge["amount"]:
        raise invalid("The transfer's amount is greater than its source_transaction's.", "amount")
    check_fineness(amount, currency)
    return amount


def _check_account(call: StripeCall, destination: str) -> None:
    row = call.store.one("select_object", {"id": destination, "kind": "account"})
    if row is None:
        raise impossible(
            f"No such destination: '{destination}'", "resource_missing", {"param": "destination"}
        )
    if orjson.loads(row["body"])["capabilities"].get("transfers") != "active":
        message = (
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments"
        )
        raise impossible(message, "insufficient_capabilities_for_transfer")


def _available(call: StripeCall, currency: str) -> int:
    # What is charged is available at once here; at Stripe it takes days.
    signs = {"charge": 1, "refund": -1, "transfer": -1, "dispute": -1}
    total = 0
    for kind, sign in signs.items():
        for row in call.store.many("select_all_of_kind", {"kind": kind}):
            each = orjson.loads(row["body"])
            if each["currency"] == currency and _counts(each):
                total += sign * each["amount"]
    return total


def _counts(each: Document) -> bool:
    match each["object"]:
        case "charge":
            return bool(each["paid"])
        case "dispute":
            return str(each["status"]) != "won"
        case "refund":
            return str(each["status"]) != "failed"
        case _:
            return True


def _too_poor() -> StripeRefusal:
    message = (
        "You have insufficient available funds in your Stripe account. Try adding funds directly to your available "
        "balance by creating Charges using the 4000000000000077 test card."
    )
    return impossible(message, "balance_insufficient")
