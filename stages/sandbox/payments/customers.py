"""Customers."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import accept_list, add, fetch, page
from stages.sandbox.payments.parameters import accept, metadata, optional
from stages.sandbox.store import Document, new_id


def create(call: StripeCall) -> Document:
    parameters = call.parameters
    accept(parameters, ("email", "name", "phone", "description", "metadata"))
    return new_customer(
        call,
        email=optional(parameters, "email"),
        name=optional(parameters, "name"),
        phone=optional(parameters, "phone"),
        description=optional(parameters, "description"),
        metadata=metadata(parameters),
    )


def new_customer(call: StripeCall, **given: object) -> Document:
    """A customer with the given fields, and its event."""
    customer: Document = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "email": None,
        "invoice_prefix": None,
        "livemode": False,
        "metadata": {},
        "name": None,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        **given,
    }
    # "customer" is not a field of the object itself, so the owner column stays empty.
    add(call, customer)
    record(call, "customer.created", customer)
    return customer


def retrieve(call: StripeCall) -> Document:
    return fetch(call, "customer", call.path["id"])


def delete(call: StripeCall) -> Document:
    """The customer goes with its cards, for good; what was paid stays. (Stripe also answers a later retrieval with a
    stub; here there is none any more.)"""
    customer = fetch(call, "customer", call.path["id"])
    record(call, "customer.deleted", customer)
    call.store.run("delete_customer", {"id": customer["id"]})
    call.store.run("delete_cards", {"id": customer["id"]})
    return {"id": customer["id"], "object": "customer", "deleted": True}


def list_customers(call: StripeCall) -> Document:
    accept_list(call, "email")
    return page(call, "customer", "/v1/customers", related=optional(call.parameters, "email"))
