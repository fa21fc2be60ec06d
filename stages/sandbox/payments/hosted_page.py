"""The page behind a Checkout session's link: what is bought, a test card to choose, a button."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from html import escape
from importlib.resources import files
from string import Template

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from stages.sandbox.payments.cards import CARDS
from stages.sandbox.payments.currencies import decimals_of
from stages.sandbox.payments.errors import StripeRefusal
from stages.sandbox.payments.exchange import StripeExchange
from stages.sandbox.payments.hosted_payment import complete
from stages.sandbox.payments.parameters import decode
from stages.sandbox.store import Document, Store


def hosted_page_routes(exchange: StripeExchange, store: Store, changed: Callable[[], None]) -> APIRouter:
    """`GET` shows the page; `POST` with a `card` number pays and goes on to the shop's success URL."""
    router = APIRouter()
    form = Template((files("stages.sandbox") / "templates/checkout.html").read_text())
    closed = Template((files("stages.sandbox") / "templates/closed.html").read_text())

    def session_of(identifier: str) -> Document | None:
        row = store.one("select_object", {"id": identifier, "kind": "checkout.session"})
        return orjson.loads(row["body"]) if row else None

    def page(session: Document | None, refusal: str = "", status: int = 200) -> Response:
        if session is None:
            words = {"title": "Not found", "text": "There is no such payment link.", "back": ""}
            return HTMLResponse(closed.substitute(words), 404)
        if session["status"] != "open":
            return HTMLResponse(closed.substitute(_closing_words(session)), 410 if status == 200 else status)
        return HTMLResponse(form.substitute(_words(session, refusal)), status)

    @router.get("/c/pay/{id}")
    async def show(id: str) -> Response:
        return page(session_of(id))

    @router.post("/c/pay/{id}")
    async def pay(request: Request, id: str) -> Response:
        body = await request.body()
        with store.transaction():
            session = session_of(id)
            if session is None:
                return page(None)
            try:
                complete(exchange.call(request, decode(body), "", None), session)
            except StripeRefusal as refusal:
                # The session was changed in hand; what counts is what the store has of it.
                return page(session_of(id), refusal.message, refusal.status)
            finally:
                changed()
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", id), 303)

    return router


def _words(session: Document, refusal: str) -> dict[str, str]:
    lines = session["_line_items"]
    setup = session["mode"] == "setup"
    total = "" if setup else _money(session["amount_total"], session["currency"])
    options = (
        f'<option value="{card.number}">{card.number} ({escape(card.token)})</option>' for card in CARDS
    )
    return {
        "title": "Save your card" if setup else f"Pay {total}",
        "items": "".join(f"<li>{line['quantity']} × {escape(line['description'])}</li>" for line in lines),
        "total": total,
        "email": escape(session["customer_email"] or ""),
        "cards": "".join(options),
        "button": "Save card" if setup else f"Pay {total}",
        "refusal": f'<p class="refusal" role="alert">{escape(refusal)}</p>' if refusal else "",
        "back": _link(session["cancel_url"], "Back to the shop"),
    }


def _closing_words(session: Document) -> dict[str, str]:
    if session["status"] == "complete":
        back = _link(
            session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), "Back to the shop"
        )
        return {"title": "Thank you", "text": "This link has been used; all is done.", "back": back}
    text = "This payment link has expired. Ask the shop for a new one."
    return {"title": "Expired", "text": text, "back": _link(session["cancel_url"], "Back to the shop")}


def _link(url: str | None, text: str) -> str:
    return f'<a href="{escape(url)}">{text}</a>' if url else ""


def _money(amount: int, currency: str) -> str:
    return f"{currency.upper()} {Decimal(amount).scaleb(-decimals_of(currency)):,}"
