"""Puts the benchmark's shop in place: the demo's streamers and products with stock for all, and known buyers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from benchmarks.pipeline.crowd import PLATFORM, SHOW_SECONDS, Viewer
from stages.adapters.database.buyers import Buyer
from stages.adapters.frames import FrameStore
from stages.adapters.payments import SavedCard
from stages.demo.seeding import seed_shop
from stages.demo.show import Show
from stages.wiring import Wiring

PLENTY = 10_000_000
SETTINGS: dict[str, Any] = {
    # All come by one key, that of the feeder.
    "rate_limit_per_key": "",
    # A few hundred known viewers stand for all: each of them buys more than one viewer would.
    "buyer_unpaid_limit": 1_000_000,
}
_AT_ONCE = 8
_BEFORE_SECONDS = 14.0
_LONG_AGO = timedelta(hours=1)


async def open_shop(show: Show, known: Sequence[Viewer], wiring: Wiring) -> dict[str, SavedCard]:
    """Register everybody and everything. Returns the cards that were saved, by client id."""
    products = [product.model_copy(update={"stock": PLENTY}) for product in show.script.products]
    script = show.script.model_copy(update={"products": tuple(products), "buyers": ()})
    await seed_shop(show.model_copy(update={"script": script}), wiring)
    gate = asyncio.Semaphore(_AT_ONCE)
    saved = await asyncio.gather(*(_register(viewer, wiring, gate) for viewer in known))
    return {viewer.client_id: card for viewer, card in zip(known, saved, strict=True) if card}


class Broadcast:
    """The show, played again and again into the frame store at `url`. Each playing has a time of its own, so that no
    frame of it has been looked at before."""

    def __init__(self, show: Show, url: str, now: datetime) -> None:
        self._show, self._url = show, url
        self._next = now - _LONG_AGO

    async def play_earlier(self, seconds: float) -> datetime:
        """Lay the frames of a playing of so long that is over; returns when it began."""
        start = self._next
        self._next = start + timedelta(seconds=seconds + 2 * _BEFORE_SECONDS)
        await self.play(start, seconds)
        return start

    async def play(self, start: datetime, seconds: float) -> None:
        """Lay the frames of a show that begins at `start` and is played over and over for so long."""
        store = FrameStore(self._url)
        try:
            for frame in self._show.frames:
                data = await asyncio.to_thread(frame.path.read_bytes)
                at = frame.at if frame.at >= 0 else frame.at + SHOW_SECONDS
                for number in range(-1, int(seconds // SHOW_SECONDS) + 1):
                    moment = number * SHOW_SECONDS + at
                    if -_BEFORE_SECONDS <= moment <= seconds:
                        await store.put(frame.streamer, start + timedelta(seconds=moment), data)
        finally:
            await store.close()


async def _register(viewer: Viewer, wiring: Wiring, gate: asyncio.Semaphore) -> SavedCard | None:
    async with gate:
        saved = None
        if viewer.card:
            saved = await wiring.payments.customer_with_card(
                viewer.client, viewer.card, f"seed:{viewer.client_id}"
            )
        buyer = Buyer(PLATFORM, viewer.client_id, viewer.client, phone=viewer.phone, channel=viewer.channel)
        if saved:
            buyer = replace(buyer, stripe_customer=saved.customer, payment_method=saved.payment_method)
        await wiring.buyers.put(buyer)
    return saved
