"""Puts a show's shop in place: streamers, catalog, buyers with their cards, and the frames."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from schemas.money import Money
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.database.catalog import Product, Streamer, product_id
from stages.adapters.frames import FrameStore
from stages.adapters.payments import StripePayments
from stages.demo.script import Buyer as ShowBuyer
from stages.demo.show import Show
from stages.wiring import Wiring


async def seed_shop(show: Show, wiring: Wiring) -> None:
    """Register streamers, products and buyers; what is there already stays as it is."""
    catalog = wiring.catalog
    for streamer in show.script.streamers:
        await catalog.put_streamer(
            Streamer(
                handle=streamer.handle,
                name=streamer.name,
                currency=streamer.currency,
                view_delay_seconds=streamer.view_delay_seconds,
                phone=streamer.phone,
                notify_by=streamer.notify_by,
            )
        )
    for product in show.script.products:
        listed = Product(
            id=product_id(product.streamer, product.sku),
            sku=product.sku,
            name=product.name,
            price=Money(amount_minor=product.price_minor, currency=product.currency),
            images=product.images,
            aliases=product.aliases,
        )
        await catalog.put_product(product.streamer, listed, product.stock)
    await _seed_buyers(show, wiring.buyers, wiring.payments)


async def lay_frames(show: Show, url: str, start: datetime) -> None:
    """Put the show's frames into the store at `url`, as if the show began at `start`."""
    store = FrameStore(url)
    try:
        for frame in show.frames:
            at = start + timedelta(seconds=frame.at)
            await store.put(frame.streamer, at, await asyncio.to_thread(frame.path.read_bytes))
    finally:
        await store.close()


async def _seed_buyers(show: Show, buyers: Buyers, payments: StripePayments) -> None:
    known = {platform: await buyers.known(platform) for platform in {b.platform for b in show.script.buyers}}
    for buyer in show.script.buyers:
        if buyer.client_id not in known[buyer.platform]:
            await _seed_buyer(buyer, buyers, payments)


async def _seed_buyer(buyer: ShowBuyer, buyers: Buyers, payments: StripePayments) -> None:
    saved = None
    if buyer.card:
        saved = await payments.customer_with_card(
            buyer.client, buyer.card, f"seed:{buyer.platform}:{buyer.client_id}"
        )
    await buyers.put(
        Buyer(
            platform=buyer.platform,
            key=buyer.client_id,
            handle=buyer.client,
            phone=buyer.phone,
            channel=buyer.channel,
            stripe_customer=saved.customer if saved else None,
            payment_method=saved.payment_method if saved else None,
        )
    )
