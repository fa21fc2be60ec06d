"""Puts the benchmark's shop in place: streamers, products with what the light models see in them, viewers, cards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.recovery.light_models import MODEL, LightWiring, vectors_of
from benchmarks.recovery.load import PLATFORM, Load, Viewer
from stages.adapters.database.buyers import Buyer
from stages.adapters.database.catalog import Product, Streamer
from stages.demo.house import House

_AT_ONCE = 8


@asynccontextmanager
async def open_house(
    folder: Path, load: Load, settings: Mapping[str, Any]
) -> AsyncIterator[tuple[House, LightWiring]]:
    """A house below the folder whose servers run and whose shop is open; whoever asked for it starts its programs. At
    the end it is gone. Raises ServerFailed."""
    house = House(folder / "house", folder, settings=settings)
    try:
        house.start_servers()
        async with LightWiring.open(house.settings()) as wiring:
            await open_shop(load, wiring)
            yield house, wiring
    finally:
        house.remove()


async def open_shop(load: Load, wiring: LightWiring) -> None:
    """Register everybody and everything."""
    catalog = wiring.catalog
    for streamer in load.streamers:
        await catalog.put_streamer(
            Streamer(
                streamer.handle,
                streamer.handle,
                streamer.currency,
                phone=streamer.phone,
                notify_by=streamer.channel,
            )
        )
    for product in load.products:
        listed = Product(product.id, product.sku, f"Product {product.sku}", product.price, images=())
        await catalog.put_product(product.streamer, listed, product.stock)
        await catalog.store_embedding(listed, MODEL, vectors_of(product.sku))
    gate = asyncio.Semaphore(_AT_ONCE)
    await asyncio.gather(*(_register(viewer, wiring, gate) for viewer in load.viewers))


async def _register(viewer: Viewer, wiring: LightWiring, gate: asyncio.Semaphore) -> None:
    async with gate:
        saved = None
        if viewer.card:
            saved = await wiring.payments.customer_with_card(
                viewer.client, viewer.card, f"seed:{viewer.client_id}"
            )
        await wiring.buyers.put(
            Buyer(
                platform=PLATFORM,
                key=viewer.client_id,
                handle=viewer.client,
                phone=viewer.phone,
                channel=viewer.channel,
                stripe_customer=saved.customer if saved else None,
                payment_method=saved.payment_method if saved else None,
            )
        )
