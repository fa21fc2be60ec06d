"""The webhook's door with a database and the sandbox behind it, and the sandbox's events to post through it."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from cryptography.fernet import Fernet
from fastapi import FastAPI
from stripe import WebhookSignature

from schemas.records import PlacedOrder
from stages.adapters.card_setup import CardSetup
from stages.adapters.database import Database
from stages.adapters.database.onboardings import Onboardings
from stages.adapters.database.orders import Orders, StockRules
from stages.adapters.database.payment_attempts import PaymentAttempts
from stages.adapters.database.refunds import Refunds
from stages.adapters.payment_states import PaymentStates
from stages.adapters.payments import StripePayments
from stages.adapters.vault import Vault
from stages.charging import Charging
from stages.doors.webhooks import stripe_routes
from stages.onboarding import Onboarding, OnboardingLinks
from stages.payment import pay
from stages.payment_events import events_of
from stages.refunding import Refunding
from stages.standstill import Standstill
from tests.contract.unpaid_orders import place
from tests.fixtures_sandbox import Sandbox

Event = dict[str, Any]
HOLD_SECONDS = 1800


@dataclass
class WebhookDoor:
    """A shop: what stands in its database, what the provider tells it."""

    database: Database
    sandbox: Sandbox
    payments: StripePayments

    def __post_init__(self) -> None:
        self.orders = Orders(self.database)
        self.refunds = Refunds(self.database, StockRules())
        states = PaymentStates(self.payments.account)
        self.refunding = Refunding(self.refunds, self.payments, states, self.now)
        self.ahead = timedelta()
        self.meanwhile: list[Callable[[], Awaitable[object]]] = []
        vault = Vault([Fernet.generate_key().decode()])
        onboarding = Onboarding(
            OnboardingLinks(vault, "http://shop"),
            Onboardings(self.database, vault),
            CardSetup(self.payments.account),
            self.now,
        )
        events = events_of(
            self.orders, self.refunds, self.payments, self.now, HOLD_SECONDS, onboarding, self._let_others_act
        )
        app = FastAPI()
        app.include_router(stripe_routes(self.payments, events))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shop")

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def _let_others_act(self, seconds: float) -> None:
        """While an event waits, whatever is to happen `meanwhile` does."""
        for act in self.meanwhile:
            await act()

    async def pay(self, order: PlacedOrder) -> None:
        """What the payment stage does with the order."""
        await pay(
            order,
            orders=self.orders,
            charging=Charging(PaymentAttempts(self.database), self.payments, self.now),
            payments=self.payments,
            now=self.now,
            hold_seconds=HOLD_SECONDS,
            standstill=Standstill(self.now),
        )

    async def pay_link(self, order: PlacedOrder) -> Event:
        """The buyer pays at the order's link; the event that tells of it."""
        row = await self.order(order)
        async with httpx.AsyncClient(trust_env=False) as browser:
            paid = await browser.post(row["payment_url"], data={"card": "4242424242424242"})
            assert paid.status_code == 303, paid.text
        return await self.told("checkout.session.completed", id=row["checkout_session"])

    async def told(self, kind: str, **of: str) -> Event:
        """The newest event of a kind whose object has these fields."""
        found = await self.events(kind, **of)
        assert found, f"the provider has not told of {kind}"
        return found[0]

    async def events(self, kind: str, **of: str) -> list[Event]:
        """The events of a kind whose object has these fields, the newest first."""
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(
                f"{self.sandbox.url}/v1/events",
                params={"type": kind, "limit": 100},
                headers={"Authorization": f"Bearer {self.sandbox.stripe_key}"},
            )
        found: list[Event] = answer.raise_for_status().json()["data"]
        return [each for each in found if each["data"]["object"].items() >= of.items()]

    async def post(self, event: Event) -> dict[str, Any]:
        """Deliver an event, signed just now; it must be taken."""
        answer = await self.post_raw(json.dumps(event).encode())
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def post_raw(
        self, body: bytes, *, secret: str | None = None, age_seconds: int = 0, header: str | None = None
    ) -> httpx.Response:
        """Deliver a body, signed by default."""
        if header is None:
            header = WebhookSignature.generate_signature_header(
                body.decode(errors="replace"),
                secret or self.sandbox.webhook_secret,
                int(time.time()) - age_seconds,
            )
        return await self.http.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": header})

    async def order(self, order: PlacedOrder) -> dict[str, Any]:
        """The order's row."""
        async with self.database.transaction() as connection:
            row = await connection.fetchrow("select * from orders where id = $1", order.order_id)
        assert row is not None
        return dict(row)

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What the database answers."""
        async with self.database.transaction() as connection:
            return [tuple(row) for row in await connection.fetch(query, *values)]

    async def outbox(self, order: PlacedOrder) -> list[tuple[str, str]]:
        """What went to which stage because of the order: the kind of news, or the order's status."""
        rows = await self.rows(
            "select stage, record from outbox where comment_id = $1 order by id", order.comment_id
        )
        return [(stage, record.get("kind") or record["status"]) for stage, record in rows]

    async def commission(self, order: PlacedOrder) -> int:
        """The sum of the order's commission in the ledger."""
        [(total,)] = await self.rows(
            "select coalesce(sum(amount_minor), 0) from commissions where order_id = $1 and kind <> 'paid_out'",
            order.order_id,
        )
        return int(total)

    async def close(self) -> None:
        await self.http.aclose()


async def linked(door: WebhookDoor, stock: int = 0) -> PlacedOrder:
    """An order that waits at its pay link."""
    order = await place(door.database, stock=stock)
    await door.pay(order)
    assert (await door.order(order))["status"] == "awaiting_payment"
    return order


async def carded(door: WebhookDoor, test_card: str = "pm_card_visa") -> PlacedOrder:
    """An order that the stage has charged."""
    card = await door.payments.customer_with_card("emma", test_card, uuid4().hex)
    order = await place(door.database, card)
    await door.pay(order)
    return order
