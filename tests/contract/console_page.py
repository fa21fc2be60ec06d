"""A console in this process, in front of a shop on real Redis and Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI

from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.buyers import Buyer
from stages.api_key import Scope
from stages.console.app import create_console
from stages.console.backstage import Backstage
from stages.console.session import Sessions
from stages.doors.gate import Gate
from stages.doors.keyring import Keyring
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop

OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
ADDRESS = "http://127.0.0.1"


class Ticks:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """The console as a browser sees it, which keeps its cookies; and the shop behind it. `ticks` is the time by which
    keys grow old."""

    shop: KeptShop
    app: FastAPI
    http: httpx.AsyncClient
    backstage: Backstage
    ticks: Ticks

    async def key(self, *scopes: Scope, streamer: str | None = None) -> str:
        """A new key."""
        keys = ApiKeys(self.shop.wiring.database)
        return await keys.create("a test's", scopes or ("console",), streamer, "gateway", utc_now())

    async def log_in(self, key: str) -> httpx.Response:
        """Show a key at the entrance."""
        return await self.http.post("/login", data={"key": key}, headers=OURS)

    async def comment(
        self,
        message: str = "I want it",
        intent: str | None = None,
        *,
        streamer: str | None = None,
        minutes_ago: float = 1.0,
        kind: str = "comment",
    ) -> UUID:
        """A comment that ingest has stored."""
        comment, at = uuid4(), utc_now() - timedelta(minutes=minutes_ago)
        await self.shop.execute(
            "insert into chat_messages (id, seq, streamer, client, platform, message, sent_at, source, verified, kind,"
            " nlp_intent, nlp_score) values ($1, $2, $3, 'bo', 'tiktok', $4, $5, 'gateway', true, $6, $7, $8)",
            comment, f"{int(at.timestamp() * 1000)}-0", streamer or self.shop.streamer, message, at, kind,
            intent, 0.9 if intent else None,
        )  # fmt: skip
        return comment

    async def end(self, comment: UUID, reason: str, outcome: str = "dropped") -> None:
        """The comment's end, as the projector writes it."""
        await self.shop.execute(
            "insert into end_states (comment_id, seq, stage, outcome, reason, hops, ended_at)"
            " values ($1, '1-0', 'intent', $2, $3, $4, now())",
            comment, outcome, reason, [["ingest", 1_000, 1_012, {}], ["intent", 1_020, 1_050, {}]],
        )  # fmt: skip

    async def order(
        self, comment: UUID, sku: str, *, amount: int = 7999, status: str = "paid", quantity: int = 1
    ) -> str:
        """An order of a comment's, with its commission where it is paid; its number."""
        product = await self.shop.sell(sku, 5)
        buyer = Buyer("tiktok", uuid4().hex, "bo")
        await self.shop.wiring.buyers.put(buyer)
        number = f"ORD-20260101-{uuid4().int % 10**8:08d}"
        [row] = await self.shop.rows("select id from buyers where client_id = $1", buyer.key)
        order, is_paid = uuid4(), status == "paid"
        await self.shop.execute(
            "insert into orders (id, order_number, comment_id, streamer, product_id, product_name, buyer_id, quantity,"
            " unit_price_minor, amount_minor, currency, status, payment_id, paid_at)"
            " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, 'USD', $10, $11, $12)",
            order, number, comment, self.shop.streamer, product, f"The {sku}", row["id"], quantity, amount, status,
            f"pi_{order}" if is_paid else None, utc_now() if is_paid else None,
        )  # fmt: skip
        if is_paid:
            await self.shop.execute(
                "insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency)"
                " values ($1, $2, $3, $4, $5, $6, 'USD')",
                uuid4(), order, self.shop.streamer, comment, amount, amount // 10,
            )  # fmt: skip
        return number


@asynccontextmanager
async def console_page(
    redis_url: str, database_url: str, folder: Path, **settings: Any
) -> AsyncIterator[ConsolePage]:
    """Open it; it asks for a key unless the settings say otherwise."""
    async with kept_shop(redis_url, database_url, folder, **{"open_doors": False, **settings}) as shop:
        wiring, ticks = shop.wiring, Ticks()
        keys = Keyring(ApiKeys(wiring.database), ticks, utc_now)
        gate = Gate(keys, open_doors=shop.settings.open_doors)
        backstage = Backstage.of(wiring.database, wiring.redis, wiring.keys, shop.settings, utc_now)
        app = create_console(backstage, gate, Sessions.under([], utc_now))
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=OURS) as http:
            yield ConsolePage(shop, app, http, backstage, ticks)
        await gate.close()
