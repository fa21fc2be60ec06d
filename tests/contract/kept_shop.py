"""A shop with one streamer and its gateway in this process, on real Redis and Postgres."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
from cryptography.fernet import Fernet

from schemas.money import Money
from stages.adapters.database.catalog import Product, Streamer, product_id
from stages.adapters.database.offers import Offers, Variant
from stages.doors.server import gateway_of
from stages.settings import ShopSettings
from stages.wiring import Wiring, utc_now


@dataclass(frozen=True, slots=True)
class KeptShop:
    """What a test may ask of it. Its streamer has a name of its own, so that tests share a database."""

    settings: ShopSettings
    wiring: Wiring
    http: httpx.AsyncClient
    streamer: str

    async def sell(
        self, sku: str, stock: int, price_minor: int = 7999, *, variants: tuple[Variant, ...] = ()
    ) -> UUID:
        """Put a product on the shelf."""
        key = product_id(self.streamer, sku)
        currency = await self.rows("select currency from streamers where handle = $1", self.streamer)
        price = Money(amount_minor=price_minor, currency=currency[0]["currency"])
        product = Product(key, sku, f"The {sku}", price, ())
        await Offers(self.wiring.database).put(
            self.streamer, product, stock, variants, set_stock=True, now=utc_now()
        )
        return key

    async def rows(self, query: str, *values: object) -> list[asyncpg.Record]:
        """What the database answers."""
        async with self.wiring.database.transaction() as connection:
            return await connection.fetch(query, *values)

    async def execute(self, query: str, *values: object) -> None:
        """Change the database."""
        async with self.wiring.database.transaction() as connection:
            await connection.execute(query, *values)

    @property
    def environment(self) -> dict[str, str]:
        """The settings that a command needs to work in this shop."""
        [key] = self.settings.data_keys
        return {
            "redis_url": self.settings.redis_url,
            "database_url": self.settings.database_url,
            "data_keys": f'["{key.get_secret_value()}"]',
            "source_keys": '{"gateway": "a key"}',
            "stripe_api_key": self.settings.stripe_api_key.get_secret_value(),
            "stripe_webhook_secret": self.settings.stripe_webhook_secret.get_secret_value(),
        }


@asynccontextmanager
async def kept_shop(
    redis_url: str, database_url: str, folder: Path, *, currency: str = "USD", **settings: Any
) -> AsyncIterator[KeptShop]:
    """Open it."""
    chosen = ShopSettings(
        redis_url=redis_url,
        database_url=database_url,
        catalog_url=folder.as_uri(),
        data_keys=(Fernet.generate_key().decode(),),
        source_keys={"gateway": "a key"},
        **{"open_doors": True, **settings},
    )
    async with Wiring.open(chosen) as wiring:
        streamer = f"s{uuid4().hex[:10]}"
        await wiring.catalog.put_streamer(Streamer(streamer, "Ana", currency))
        transport = httpx.ASGITransport(gateway_of(wiring))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
            yield KeptShop(chosen, wiring, http, streamer)
