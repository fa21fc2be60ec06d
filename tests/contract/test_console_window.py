"""The console's own script, in a real browser: keys, rows that stay in place, and the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.reviews import Reviews
from stages.console import live
from stages.doors.keyring import FRESH_SECONDS
from stages.wiring import utc_now
from tests.contract.console_page import ConsolePage, console_page
from tests.contract.served import served
from tests.e2e.browser import browsing, installed, window

pytestmark = pytest.mark.skipif(installed() is None, reason="there is no Chromium on this machine")
PHONE: ViewportSize = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Desk:
    """A streamer's page in a browser, and the console behind it."""

    page: ConsolePage
    view: Page
    key: str

    async def focused(self) -> str:
        """The text of what has the focus."""
        return str(await self.view.evaluate("document.activeElement.innerText"))


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as browser:
        yield browser


@pytest.fixture
async def desk(browser: Browser, redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    """Three comments and two orders, seen by a streamer who has logged in."""
    async with (
        console_page(redis_url, database_url, tmp_path) as page,
        served(page.app) as place,
        window(browser) as opened,
    ):
        for number in (1, 2, 3):
            comment = await page.comment(f"comment {number}", "buy", minutes_ago=10 - number)
            if number < 3:
                await page.order(comment, f"SKU{number}")
        key = await page.key(streamer=page.shop.streamer)
        await opened.page.goto(f"http://{place}/")
        await opened.page.fill("#key", key)
        await opened.page.keyboard.press("Enter")
        await expect(opened.page.locator("#state")).to_contain_text("Live")
        yield Desk(page, opened.page, key)


async def test_everything_is_reached_by_keys(desk: Desk) -> None:
    keys, chain = desk.view.keyboard, desk.view.locator("#chain")
    await keys.press("ArrowDown")
    assert "comment 3" in await desk.focused()
    await keys.press("j")
    assert "comment 2" in await desk.focused()
    await keys.press("ArrowRight")
    assert "The SKU2" in await desk.focused()
    await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(chain).to_contain_text("comment 1")
    await keys.press("Escape")
    await expect(chain).to_be_hidden()
    assert "The SKU1" in await desk.focused(), "the focus is back where it was"
    await keys.press("Tab")
    assert not await desk.view.evaluate("document.activeElement.matches('.order')"), "one stop a list"


async def test_the_row_under_the_pointer_stays_while_others_come(desk: Desk) -> None:
    for number in range(30):
        await desk.page.comment(f"earlier {number}", "none", minutes_ago=60 + number)
    row = desk.view.locator(".comments li", has_text="comment 3")
    await expect(desk.view.locator(".comments li")).to_have_count(33)
    await row.hover()
    before = await row.bounding_box()
    for number in range(4, 30):
        await desk.page.comment(f"comment {number}", "none", minutes_ago=5 - number / 10)
    await expect(desk.view.locator(".comments li").first).to_contain_text("comment 29")
    after = await row.bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] == pytest.approx(before["y"], abs=2)
    await desk.view.mouse.move(5, 5)
    top = "document.querySelector('.comments').scrollTop"
    await desk.view.wait_for_function(f"{top} === 0")


async def test_what_waits_for_a_decision_is_counted_in_the_title(desk: Desk) -> None:
    assert await desk.view.title() == f"{desk.page.shop.streamer} · TikTokSales"
    comment = await desk.page.comment("that one", "buy")
    await Reviews(desk.page.shop.wiring.database).ask(comment, [], [])
    await expect(desk.view).to_have_title(f"(1) {desk.page.shop.streamer} · TikTokSales")


async def test_times_are_those_of_the_browsers_zone(
    browser: Browser, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    async with (
        console_page(redis_url, database_url, tmp_path, open_doors=True) as page,
        served(page.app) as place,
        window(browser, timezone_id="Asia/Kolkata") as opened,
    ):
        await page.comment("when?", "question")
        await opened.page.goto(f"http://{place}/s/{page.shop.streamer}")
        time = opened.page.locator(".comments time")
        stated = datetime.fromisoformat(await time.get_attribute("datetime") or "")
        expected = stated.astimezone(ZoneInfo("Asia/Kolkata")).strftime("%H:%M")
        await expect(time).to_contain_text(expected)


async def test_a_phone_needs_no_scrolling_to_the_side(desk: Desk) -> None:
    await desk.page.comment("w" * 300, "none", minutes_ago=0.5)
    await desk.view.set_viewport_size(PHONE)
    await expect(desk.view.locator(".comments")).to_contain_text("w" * 300)
    for scheme in ("light", "dark"):
        await desk.view.emulate_media(color_scheme=scheme)
        assert await desk.view.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await desk.view.locator(".comments a").first.click()
    await expect(desk.view.locator("#chain")).to_be_visible()
    assert await desk.view.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


async def test_a_revoked_key_takes_the_open_page_to_the_entrance(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHECK_SECONDS", 0.0)
    await ApiKeys(desk.page.shop.wiring.database).revoke(desk.key.split("_")[1], utc_now())
    desk.page.ticks.at += FRESH_SECONDS + 0.1
    await expect(desk.view.locator("h1")).to_have_text("Log in to the console")
