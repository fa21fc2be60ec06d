"""Makes the pictures of the console in docs/screenshots: `python -m tests.e2e.screenshots [FOLDER]`.

Plays the recorded show in a house of its own, and looks at the page as a person would.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, Page, expect

from stages.adapters.database.catalog import Streamer
from stages.demo.cli import RECORDED
from stages.demo.house import House
from stages.demo.player import Player
from stages.demo.seeding import lay_frames, seed_shop
from stages.demo.show import Show, load_show
from stages.wiring import Wiring
from tests.e2e.browser import PATIENCE_MS, browsing, window
from tests.e2e.shop import MAYA, ready, until

FOLDER = Path("docs/screenshots")
NEWCOMER = "nadia.knits"
_DESK: Mapping[str, Any] = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}
_PHONE: Mapping[str, Any] = {
    "viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True,
    "locale": "en-GB",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: of whose page, in which window; `opens` is a selector of what is clicked before."""

    name: str
    streamer: str
    options: Mapping[str, Any] = field(default_factory=lambda: _DESK)
    opens: str = ""


FULL = Shot("full", MAYA)
AFTERWARDS = (
    Shot("dark", MAYA, {**_DESK, "color_scheme": "dark"}, ".order:has-text('paid')"),
    Shot("phone", MAYA, _PHONE),
    Shot("empty", NEWCOMER),
)
# Written when the bag has just come into the picture: the model is not sure whether it is meant.
UNSURE_AT = 26.5
UNSURE = (("nora.w", "I want the bag, sold!"), ("bagsbybea", "omg the bag, mine!"))
FULL_AT = 40.0


async def show_live(show: Show, house: House, wiring: Wiring, browser: Browser, folder: Path) -> None:
    """Play the show, take its picture while it runs, and wait until every comment has come to its end."""
    start = datetime.now(UTC)
    await lay_frames(show, wiring.settings.frames_url, start)
    async with httpx.AsyncClient(base_url=house.gateway_url, timeout=30, trust_env=False) as http:
        player = Player(show, start, http, wiring.appender, speed=1.0, random=random.Random(1).random)
        async with asyncio.TaskGroup() as group:
            group.create_task(player.play())
            await asyncio.sleep(UNSURE_AT)
            for client, message in UNSURE:
                comment = {"streamer": MAYA, "client": client, "message": message}
                written = start + timedelta(seconds=UNSURE_AT)
                answer = await http.post("/comments", json={**comment, "timestamp": written.isoformat()})
                answer.raise_for_status()
            await asyncio.sleep(FULL_AT - UNSURE_AT)
            await take(browser, house.console_url, FULL, folder)
    expected = len(show.lines) + len(UNSURE)

    async def ended() -> bool:
        async with wiring.database.transaction() as connection:
            count: int = await connection.fetchval("select count(*) from end_states")
        return count >= expected

    await until(ended, "every comment has an end")


async def take(browser: Browser, url: str, shot: Shot, folder: Path) -> None:
    """Take one picture, once the page is live and its pictures are there."""
    async with window(browser, **shot.options) as opened:
        page = opened.page
        await page.goto(f"{url}/s/{shot.streamer}")
        await expect(page.locator("#state")).to_have_text("Live", timeout=PATIENCE_MS)
        if shot.opens:
            await page.locator(shot.opens).first.click()
            await expect(page.locator("#chain")).to_contain_text("confirmed", timeout=PATIENCE_MS)
        await _pictures_shown(page)
        await page.screenshot(path=folder / f"{shot.name}.png", animations="disabled")


async def _pictures_shown(page: Page) -> None:
    await page.wait_for_function(
        "() => [...document.images].every(each => each.loading === 'lazy' || each.complete)"
    )
    await page.wait_for_load_state("domcontentloaded")
    # A stage's rate takes two looks.
    await page.wait_for_timeout(3000)


async def main(folder: Path) -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as room:
        house = House(Path(room) / "house", RECORDED)
        house.start()
        try:
            async with Wiring.open(house.settings()) as wiring, browsing() as browser:
                show = load_show(RECORDED)
                await seed_shop(show, wiring)
                await wiring.catalog.put_streamer(Streamer(NEWCOMER, "Nadia Knits", "GBP"))
                await ready(wiring)
                await show_live(show, house, wiring, browser, folder)
                for shot in AFTERWARDS:
                    await take(browser, house.console_url, shot, folder)
        finally:
            house.remove()


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target))
