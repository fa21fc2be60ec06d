"""The order service: `POST /orders` takes a piece from stock, gets the order paid and tells buyer and streamer."""

from __future__ import annotations

import argparse
import os
import threading
from dataclasses import dataclass, field
from typing import Any

import psycopg
import stripe
import uvicorn
from fastapi import FastAPI
from psycopg.rows import DictRow, dict_row
from pydantic import BaseModel
from twilio.rest import Client

_TRACKING = "https://track.example/"


class Wanted(BaseModel):
    """What a comment claims."""

    message_id: str
    sku: str
    client_id: str
    quantity: int


class Ordered(BaseModel):
    """What became of it; without an order it is sold out."""

    order_id: int | None
    status: str


@dataclass(frozen=True, slots=True)
class Providers:
    """Clients of the payment and of the message provider, and the numbers that messages come from."""

    payments: stripe.StripeClient
    messages: Client
    senders: dict[str, str]


@dataclass(frozen=True, slots=True)
class Shop:
    """Places orders; each thread of the server has a connection of its own."""

    database_url: str
    providers: Providers
    _own: threading.local = field(default_factory=threading.local)

    def order(self, wanted: Wanted) -> Ordered:
        """Place the order, charge the card or make a pay link, and send the messages."""
        with self._connection.transaction():
            placed = self._place(wanted)
        if placed is None:
            return Ordered(order_id=None, status="sold out")
        buyer = self._connection.execute(
            "select * from buyers where client_id = %s", [wanted.client_id]
        ).fetchone()
        status = self._get_paid(placed, buyer or {})
        said = "confirmed! Track: " if status == "paid" else "waits for your payment: "
        text = f"Order {placed['id']}: your {placed['name']} {said}{_TRACKING}{placed['id']}"
        self._tell(placed["id"], "buyer", (buyer or {}).get("phone"), (buyer or {}).get("channel"), text)
        self._tell(
            placed["id"], "streamer", placed["phone"], placed["notify_by"], f"Order {placed['id']}: {status}"
        )
        return Ordered(order_id=placed["id"], status=status)

    def _place(self, wanted: Wanted) -> DictRow | None:
        product = self._connection.execute(
            "update products set stock = stock - %s where sku = %s and stock >= %s"
            " returning name, price_minor, currency, phone, notify_by",
            [wanted.quantity, wanted.sku, wanted.quantity],
        ).fetchone()
        if product is None:
            return None
        amount = product["price_minor"] * wanted.quantity
        row = self._connection.execute(
            "insert into orders (message_id, sku, amount_minor, currency, status)"
            " values (%s, %s, %s, %s, 'placed') returning id",
            [wanted.message_id, wanted.sku, amount, product["currency"]],
        ).fetchone()
        assert row is not None  # noqa: S101 - an insert returns its row
        return {**product, "id": row["id"], "amount": amount}

    def _get_paid(self, placed: DictRow, buyer: DictRow) -> str:
        payment_id = self._charge(placed, buyer) if buyer.get("payment_method") else None
        if payment_id is not None:
            self._connection.execute(
                "update orders set status = 'paid', payment_id = %s where id = %s", [payment_id, placed["id"]]
            )
            return "paid"
        price: Any = {
            "currency": placed["currency"].lower(),
            "unit_amount": placed["amount"],
            "product_data": {"name": placed["name"]},
        }
        session = self.providers.payments.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "line_items": [{"quantity": 1, "price_data": price}],
                "success_url": _TRACKING,
                "cancel_url": _TRACKING,
            }
        )
        self._connection.execute(
            "update orders set status = 'awaiting_payment', payment_url = %s where id = %s",
            [session.url, placed["id"]],
        )
        return "awaiting_payment"

    def _charge(self, placed: DictRow, buyer: DictRow) -> str | None:
        try:
            intent = self.providers.payments.v1.payment_intents.create(
                {
                    "amount": placed["amount"],
                    "currency": placed["currency"].lower(),
                    "customer": buyer["stripe_customer"],
                    "payment_method": buyer["payment_method"],
                    "off_session": True,
                    "confirm": True,
                },
                {"idempotency_key": f"order-{placed['id']}"},
            )
        except stripe.CardError:
            return None
        return intent.id

    def _tell(self, order_id: int, recipient: str, phone: str | None, channel: str | None, text: str) -> None:
        sid = None
        if phone and channel:
            prefix = "whatsapp:" if channel == "whatsapp" else ""
            sender = self.providers.senders[channel]
            sid = self.providers.messages.messages.create(to=f"{prefix}{phone}", from_=sender, body=text).sid
        self._connection.execute(
            "insert into payment_notifications (order_id, recipient, message_sid) values (%s, %s, %s)",
            [order_id, recipient, sid],
        )

    @property
    def _connection(self) -> psycopg.Connection[DictRow]:
        connection: psycopg.Connection[DictRow] | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = psycopg.connect(self.database_url, autocommit=True, row_factory=dict_row)
            self._own.connection = connection
        return connection


def make_app(shop: Shop) -> FastAPI:
    """The service, around its shop."""
    app = FastAPI()

    @app.get("/healthz")
    def healthz() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/orders")
    def order(wanted: Wanted) -> Ordered:
        return shop.order(wanted)

    return app


def main() -> None:
    """Serve on the given port of this machine; accounts come from the environment, as ours do."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.baseline.order_service")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--database", required=True)
    given = parser.parse_args()
    told = os.environ
    payments = stripe.StripeClient(told["STRIPE_API_KEY"], base_addresses={"api": told["STRIPE_URL"]})
    messages = Client(told["TWILIO_ACCOUNT_SID"], told["TWILIO_AUTH_TOKEN"])
    messages.api.base_url = told["TWILIO_URL"]
    senders = {"sms": told["TWILIO_SMS_FROM"], "whatsapp": f"whatsapp:{told['TWILIO_WHATSAPP_FROM']}"}
    shop = Shop(given.database, Providers(payments, messages, senders))
    uvicorn.run(make_app(shop), port=given.port, log_level="warning")


if __name__ == "__main__":
    main()
