"""What happens when the buyer presses the button on the hosted page of a Checkout session."""

from __future__ import annotations

from stages.sandbox.payments.call import StripeCall
from stages.sandbox.payments.cards import Card, card_with_number
from stages.sandbox.payments.confirmation import declined, paid
from stages.sandbox.payments.customers import new_customer
from stages.sandbox.payments.errors import impossible
from stages.sandbox.payments.events import record
from stages.sandbox.payments.objects import add, change, fetch, shown
from stages.sandbox.payments.payment_intents import new_intent
from stages.sandbox.payments.payment_methods import card_refusal, loose
from stages.sandbox.store import Document, new_id


def complete(call: StripeCall, session: Document) -> Document:
    """Pays or sets up with the form's card; raises the card's refusal, and the session stays open.

    The card holder is there, so a card that wants authentication gets it.
    """
    if session["status"] != "open":
        raise impossible(f"This Checkout Session is {session['status']}; ask the shop for a new link.")
    card = card_with_number(str(call.parameters.get("card") or ""))
    if card is None:
        raise impossible("Your card number is invalid: choose one of the test cards.", "invalid_number")
    _name_buyer(call, session)
    method = loose(call, card, billing=session["customer_details"])
    if _saves_card(session):
        if card.decline is not None and not card.attaches:
            raise card_refusal(card.decline)
        method["customer"] = session["customer"]
    add(call, method)
    if session["mode"] == "payment":
        _pay(call, session, method, card)
    if _saves_card(session):
        _set_up(call, session, method)
    change(call, session, status="complete", url=None)
    record(call, "checkout.session.completed", shown(session))
    return session


def _saves_card(session: Document) -> bool:
    return session["mode"] == "setup" or session["_intent_data"]["setup_future_usage"] is not None


def _name_buyer(call: StripeCall, session: Document) -> None:
    given = {name: call.parameters.get(name) or None for name in ("email", "name", "phone")}
    given["email"] = given["email"] or session["customer_email"]
    wanted = _saves_card(session) or session["customer_creation"] == "always"
    if session["customer"] is None and wanted:
        session["customer"] = new_customer(call, **given)["id"]
    change(call, session, customer_details={**given, "address": None, "tax_exempt": "none"})


def _pay(call: StripeCall, session: Document, method: Document, card: Card) -> None:
    intent = _intent_of(call, session)
    if card.decline is not None:
        raise declined(call, intent, method, card.decline)
    paid(call, intent, method)
    session["payment_status"] = "paid"


def _intent_of(call: StripeCall, session: Document) -> Document:
    if session["payment_intent"] is not None:
        return fetch(call, "payment_intent", session["payment_intent"])
    data = session["_intent_data"]
    intent = new_intent(
        call,
        amount=session["amount_total"],
        currency=session["currency"],
        customer=session["customer"],
        **data,
    )
    add(call, intent)
    change(call, session, payment_intent=intent["id"])
    record(call, "payment_intent.created", intent)
    return intent


def _set_up(call: StripeCall, session: Document, method: Document) -> None:
    setup: Document = {
        "id": new_id("seti"),
        "object": "setup_intent",
        "created": call.now,
        "customer": session["customer"],
        "description": session["_intent_data"]["description"],
        "livemode": False,
        "metadata": session["_intent_data"]["metadata"],
        "payment_method": method["id"],
        "payment_method_types": ["card"],
        "status": "succeeded",
        "usage": "off_session",
    }
    add(call, setup)
    record(call, "setup_intent.succeeded", setup)
    record(call, "payment_method.attached", method)
    if session["mode"] == "setup":
        session["setup_intent"] = setup["id"]


def retrieve_setup(call: StripeCall) -> Document:
    return fetch(call, "setup_intent", call.path["id"])
