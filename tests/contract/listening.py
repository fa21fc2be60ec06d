"""A shop whose events go to a mailbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from stages.adapters.database import DatabaseUnavailable
from stages.adapters.database.buyers import Buyer
from stages.adapters.database.webhook_endpoints import ListedDelivery, WebhookEndpoints
from stages.adapters.webhook_sender import WebhookSender
from stages.webhook_keeper import WebhookKeeper
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop

PHONE, EMAIL = "+15550107331", "buyer@mail.example"


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.at = utc_now()

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Listening:
    """A shop whose events go to a mailbox."""

    def __init__(self, shop: KeptShop, sender: WebhookSender, clock: Clock) -> None:
        self.shop, self.clock = shop, clock
        self.endpoints = WebhookEndpoints(shop.wiring.database, shop.wiring.vault)
        self.keeper = WebhookKeeper(
            self.endpoints, sender, now=clock, random=lambda: 0.0, away=(DatabaseUnavailable,)
        )

    async def order(self) -> UUID:
        """Place an order, whose buyer can be reached."""
        await self.shop.sell("JACKET", 50)
        await self.shop.wiring.buyers.put(Buyer("shop", "bo", "bo", PHONE, "sms", email=EMAIL))
        body = {"product_id": "JACKET", "buyer": "bo", "streamer": self.shop.streamer, "source": "shop"}
        answer = await self.shop.http.post("/order/create", json=body)
        self.clock.at = utc_now() + timedelta(seconds=1)
        return UUID(answer.json()["order_id"])

    async def round(self) -> int:
        """Try what is due."""
        taken = await self.keeper.take()
        await self.keeper.finish()
        return taken

    async def deliveries(self) -> list[ListedDelivery]:
        return list(reversed(await self.endpoints.deliveries(None, 100)))


@asynccontextmanager
async def listening(
    redis_url: str,
    database_url: str,
    folder: Path,
    *,
    allow_private: bool = True,
    timeout_seconds: float = 5.0,
) -> AsyncIterator[Listening]:
    clock = Clock()
    sender = WebhookSender(clock, timeout_seconds=timeout_seconds, allow_private=allow_private)
    async with kept_shop(redis_url, database_url, folder) as shop:
        await shop.execute("update webhook_endpoints set removed_at = now()")
        await shop.execute("delete from webhook_deliveries")
        yield Listening(shop, sender, clock)
        await sender.close()
