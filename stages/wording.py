"""What the messages say: the one place where buyers and streamers are spoken to."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from pipeline.decision import derived_id
from schemas.records import News, PaidOrder

KINDS = {"paid": "confirmed", "awaiting_payment": "pay_link"}
"""What buyer and streamer are told about an order, by its status."""

TEMPLATES = {
    "confirmed": ("order number", "product", "total", "tracking link"),
    "pay_link": ("order number", "product", "total", "pay link"),
    "waitlist_served": ("order number", "product", "total", "pay link"),
    "waitlist_confirmed": ("order number", "product", "total", "tracking link"),
    "payment_failed": ("order number", "product", "total", "pay link or -", "reference"),
    "sold_out": ("product", "reference"),
    "waitlisted": ("product", "pieces", "reference"),
    "hold_expiring": ("order number", "product", "total", "pay link or -", "reference"),
    "cancelled": ("order number", "product", "reference"),
    "refunded": ("order number", "product", "amount", "reference"),
    "streamer": ("order number", "product", "total", "paid or waiting for payment"),
}
"""The keys of WHATSAPP_TEMPLATES, and what {{1}}, {{2}}, ... of each are. A template must use them all: by them a
message is found again whose fate was left open."""


@dataclass(frozen=True, slots=True)
class Text:
    """One message. `kind` is what the database calls it; `title` an e-mail's subject; `template` and `variables` are
    for a provider that words it itself. The body, and the variables together, are like no other message's to the same
    recipient: by them it is found at the provider."""

    kind: str
    title: str
    body: str
    template: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """Composes them; `tracking_url` holds {order_number}."""

    tracking_url: str

    def to_buyer(self, order: PaidOrder, *, from_waitlist: bool = False) -> Text:
        """The order is paid, or waits at its pay link. `from_waitlist`: the buyer had to wait for a piece."""
        if order.status == "paid":
            # Whoever came by a pay link heard of the piece with that.
            return self._confirmed(order, from_waitlist=from_waitlist and not order.payment_url)
        return self._pay_link(order, from_waitlist=from_waitlist)

    def to_streamer(self, order: PaidOrder) -> Text:
        """The same for the streamer."""
        state = "paid" if order.status == "paid" else "waiting for payment"
        return Text(
            KINDS[order.status],
            f"Order {order.order_number}: {state}",
            f"Order {order.order_number}: {order.product_name} ({order.total}), {state}.",
            "streamer",
            _variables(order.order_number, order.product_name, order.total, state),
        )

    def _confirmed(self, order: PaidOrder, *, from_waitlist: bool) -> Text:
        track = self.tracking_url.format(order_number=order.order_number)
        good_news = "One came free, and it is yours. " if from_waitlist else ""
        return Text(
            "confirmed",
            f"Order {order.order_number} confirmed",
            f"{good_news}Order {order.order_number} confirmed! Your {order.product_name} ({order.total}) will ship "
            f"soon. Track: {track}",
            "waitlist_confirmed" if from_waitlist else "confirmed",
            _variables(order.order_number, order.product_name, order.total, track),
        )

    def _pay_link(self, order: PaidOrder, *, from_waitlist: bool) -> Text:
        good_news = "One came free, and it is yours if you want it. " if from_waitlist else ""
        return Text(
            "pay_link",
            f"Order {order.order_number}: please pay to confirm",
            f"{good_news}Order {order.order_number}: your {order.product_name} ({order.total}) is reserved. "
            f"Pay here to confirm: {order.payment_url}",
            "waitlist_served" if from_waitlist else "pay_link",
            _variables(order.order_number, order.product_name, order.total, order.payment_url),
        )

    def of_news(self, news: News) -> Text:
        """Anything else that a buyer is told."""
        product, number, reference = news.product_name, news.order_number, reference_of(news)
        order = f"Order {number}" if number else "Your order"
        pay = f" Pay here to keep it: {news.payment_url}" if news.payment_url else ""
        price = f" ({news.amount})" if news.amount else ""
        match news.kind:
            case "payment_failed":
                title = f"{order}: the payment did not go through"
                body = f"{order}: the payment for your {product}{price} did not go through.{pay}"
                variables = _variables(number, product, news.amount, news.payment_url, reference)
            case "sold_out":
                title = f"{product}: sold out"
                body = f"We are sorry, {product} is sold out."
                variables = _variables(product, reference)
            case "waitlisted":
                title = f"{product}: you are on the waitlist"
                body = (
                    f"{product} is sold out for now, and you are on the waitlist for {news.quantity}: we write to you "
                    "as soon as one comes free."
                )
                variables = _variables(product, news.quantity, reference)
            case "hold_expiring":
                title = f"{order}: reserved for a little longer only"
                body = f"{order}: your {product}{price} is reserved for a little longer only.{pay}"
                variables = _variables(number, product, news.amount, news.payment_url, reference)
            case "cancelled":
                title = f"{order}: cancelled"
                body = f"{order}: your {product} is cancelled and no longer reserved."
                variables = _variables(number, product, reference)
            case "refunded":
                title = f"{order}: refunded"
                given_back = f"{news.amount} for your {product}" if news.amount else f"your {product}"
                body = f"{order}: {given_back} was refunded. It may take your bank some days to show it."
                variables = _variables(number, product, news.amount, reference)
            case _:
                assert_never(news.kind)
        return Text(news.kind, title, f"{body} (Ref. {reference})", news.kind, variables)


def reference_of(news: News) -> str:
    """Eight letters and digits that no other news has: what a message without an order number is found by."""
    return _short(derived_id(f"reference/{news.subject}/{news.kind}"))


def _short(identity: UUID) -> str:
    return base64.b32encode(identity.bytes).decode()[:8]


def _variables(*values: object) -> tuple[str, ...]:
    # The provider refuses empty ones, and line breaks.
    return tuple(" ".join(str(value).split()) or "-" if value is not None else "-" for value in values)
