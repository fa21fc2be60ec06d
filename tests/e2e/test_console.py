"""The console in a real browser, in front of a shop that runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from pipeline.embedded.credentials import free_port
from stages.adapters.database.api_keys import ApiKeys
from stages.wiring import utc_now
from tests.e2e.browser import Window, browsing, installed, window
from tests.e2e.claims import KENJI, failed_claim, unsure
from tests.e2e.shop import MAYA, Shop, identity, until
from tests.e2e.shop import Viewer as Writer

pytestmark = pytest.mark.skipif(installed() is None, reason="there is no Chromium on this machine")

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with browsing() as browser:
        yield browser


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Window]:
    """A window whose browser must find nothing to complain of."""
    async with window(browser) as opened:
        yield opened
        assert opened.complaints == []


@pytest.fixture(scope="module")
async def closed_console(shop: Shop) -> str:
    """A console that asks for a key."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    shop.house.start_program(
        "closed console", "-m", "stages", "serve", "console", "--port", str(port), open_doors=False
    )

    async def answers() -> bool:
        assert shop.house.is_running("closed console"), shop.house.log_tail("closed console")
        try:
            return (await shop.http.get(f"{url}/healthz")).status_code == 200
        except httpx.TransportError:
            return False

    await until(answers, "the console answers")
    return url


def page_of(shop: Shop, streamer: str = MAYA) -> str:
    return f"{shop.house.console_url}/s/{streamer}"


async def places(page: Page) -> dict[str, tuple[float, float]]:
    """Where each panel begins."""
    found: dict[str, list[float]] = await page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('.panel')].map(each => {"
        " const box = each.getBoundingClientRect(); return [each.id, [box.x, box.y]] }))"
    )
    return {name: (x, y) for name, (x, y) in found.items()}


async def test_the_page_follows_the_show_without_moving_its_panels(shop: Shop, desk: Window) -> None:
    page = desk.page
    await page.goto(page_of(shop))
    await expect(page.locator("#state")).to_have_text("Live")
    before = await places(page)
    for message in ("so cute 💕", "<b>how much?</b>", "OMG I love this jacket! I want to buy it now!"):
        fields = shop.fields(message)
        await shop.post(fields)
        row = page.locator(f"#c-{identity(fields)}")
        await expect(row).to_contain_text(message)
    await expect(row.locator(".intent")).to_have_text("buy")
    await expect(row.locator(".fate")).to_have_text("paid")
    await expect(page.locator(".order", has_text="Blue Denim Jacket").first).to_contain_text("paid")
    await expect(page.locator("#h-projector")).not_to_contain_text("not started")
    assert await places(page) == before
    await row.locator("a").click()
    await expect(page.locator("#chain")).to_contain_text("confirmed")


async def test_a_click_on_a_review_places_the_order(shop: Shop, desk: Window) -> None:
    page, comment = desk.page, await unsure(shop)
    await page.goto(page_of(shop, KENJI))
    review = page.locator(f"#r-{comment}")
    await expect(review.locator(".candidate")).to_have_count(2)
    for picture in await review.locator("img").all():
        await picture.scroll_into_view_if_needed()
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate("each => each.naturalWidth") > 0
    await review.get_by_role("button", name="Lightning Skateboard").click()
    await expect(page.locator("#notice")).to_have_text("Confirmed: emma_r claims 1 × Lightning Skateboard.")
    await expect(review).to_have_count(0)
    await expect(page.locator(f'.order[href$="{comment}"]')).to_contain_text("Lightning Skateboard")
    order = await shop.row("select status from orders where comment_id = $1", comment)
    assert order["status"] in ("placed", "awaiting_payment", "paid")
    decided = await shop.row("select status, decided_by from match_reviews where comment_id = $1", comment)
    assert decided == {"status": "confirmed", "decided_by": "open door (console)"}


async def test_a_review_is_declined_by_the_keyboard(shop: Shop, desk: Window) -> None:
    page, comment = desk.page, await unsure(shop)
    await page.goto(page_of(shop, KENJI))
    decline = page.locator(f"#r-{comment}").get_by_role("button", name="None of these")
    await decline.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator("#notice")).to_have_text("Declined: no order.")
    assert await shop.rows("select from orders where comment_id = $1", comment) == []


async def test_a_dead_letter_is_sent_back_and_finished(shop: Shop, desk: Window) -> None:
    page, comment = desk.page, await failed_claim(shop, KENJI)
    await page.goto(page_of(shop, KENJI))
    letter = page.locator(".letter", has_text="the shelf was locked")
    await expect(letter).to_contain_text("RuntimeError, 8 attempts")
    await letter.get_by_role("button").click()
    await expect(page.locator("#notice")).to_have_text("Sent back to order.")
    await expect(letter).to_have_count(0)
    await expect(page.locator(f'.order[href$="{comment}"]')).to_contain_text("Lightning Skateboard")


async def test_a_viewer_is_blocked_and_let_in_again(shop: Shop, desk: Window) -> None:
    page, pest = desk.page, Writer("pest", uuid4().hex)
    fields = shop.fields("hello", pest)
    await shop.post(fields)
    await shop.end_of(identity(fields))
    await page.goto(f"{page_of(shop)}/comments/{identity(fields)}")
    await page.get_by_role("button", name="Take no more claims of pest").click()
    await expect(page.locator("#notice")).to_have_text("No more claims of pest are taken.")
    claim = shop.fields("I want to buy this jacket!", pest)
    await shop.post(claim)
    assert (await shop.end_of(identity(claim)))["reason"] == "blocked"
    await page.get_by_role("button", name="Take claims of pest").click()
    await expect(page.locator("#notice")).to_have_text("Claims of pest are taken again.")


async def test_a_click_that_can_not_be_carried_out_says_so(shop: Shop, browser: Browser) -> None:
    comment = await unsure(shop)
    async with window(browser) as opened:
        page = opened.page
        await page.goto(page_of(shop, KENJI))
        review = page.locator(f"#r-{comment}")
        await page.route("**/confirm", lambda route: route.abort("connectionrefused"))
        await review.get_by_role("button", name="Olive Backpack").click()
        await expect(page.locator("#notice")).to_have_text("The console can't be reached. Please try again.")
        await page.unroute("**/confirm")
        await review.get_by_role("button", name="Olive Backpack").click()
        await expect(page.locator("#notice")).to_have_text("Confirmed: emma_r claims 1 × Olive Backpack.")


async def test_a_streamer_opens_their_own_page_and_no_other(
    shop: Shop, closed_console: str, desk: Window
) -> None:
    keys, page, comment = ApiKeys(shop.wiring.database), desk.page, await unsure(shop)
    key = await keys.create("maya", ["console"], MAYA, "gateway", utc_now())
    await page.goto(f"{closed_console}/s/{MAYA}")
    assert page.url == f"{closed_console}/login"
    await page.get_by_label("Key").fill(key)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(MAYA)
    await expect(page.locator("#state")).to_have_text("Live")

    theirs = f"{closed_console}/s/{KENJI}"
    home = {"Origin": closed_console}
    for path in ("", "/panels/reviews", "/feed", f"/comments/{comment}", f"/reviews/{comment}/frames/1"):
        assert (await page.request.get(f"{theirs}{path}")).status == 404
    confirm = f"reviews/{comment}/confirm"
    for path in (
        f"{theirs}/{confirm}",
        f"{theirs}/dead-letters/redrive",
        f"{theirs}/comments/{comment}/block",
    ):
        assert (await page.request.post(path, form={"sku": "SKB-23"}, headers=home)).status == 404
    answer = await page.request.post(
        f"{closed_console}/s/{MAYA}/{confirm}", form={"sku": "SKB-23"}, headers=home
    )
    assert "This comment waits for no decision." in await answer.text()
    review = await shop.row("select status from match_reviews where comment_id = $1", comment)
    assert review["status"] == "open"
    # What is everybody's is not shown to one, nor is it theirs to change.
    mine = shop.fields("hi")
    await shop.post(mine)
    await page.locator(f"#c-{identity(mine)} a").click()
    await expect(page.locator("#chain")).to_contain_text("Comment")
    await expect(page.locator("#viewer")).to_have_count(0)
    block = f"{closed_console}/s/{MAYA}/comments/{identity(mine)}/block"
    assert (await page.request.post(block, headers=home)).status == 404
    await expect(page.locator("#panel-health thead")).not_to_contain_text("a second")


async def test_another_sites_page_can_do_nothing_in_our_name(
    shop: Shop, closed_console: str, desk: Window
) -> None:
    comment = await unsure(shop)
    key = await ApiKeys(shop.wiring.database).create("all", ["console"], None, "gateway", utc_now())
    page = desk.page
    await page.goto(f"{closed_console}/login")
    await page.get_by_label("Key").fill(key)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{closed_console}/")
    confirm = f"{closed_console}/s/{KENJI}/reviews/{comment}/confirm"
    for headers in (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {},
    ):
        assert (await page.request.post(confirm, form={"sku": "SKB-23"}, headers=headers)).status == 403
    review = await shop.row("select status from match_reviews where comment_id = $1", comment)
    assert review["status"] == "open"


async def test_a_revoked_key_is_logged_out(shop: Shop, closed_console: str, desk: Window) -> None:
    keys, page = ApiKeys(shop.wiring.database), desk.page
    text = await keys.create("soon gone", ["console"], MAYA, "gateway", utc_now())
    await page.goto(f"{closed_console}/login")
    await page.get_by_label("Key").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_have_text(MAYA)
    await keys.revoke(text.split("_")[1], utc_now())

    async def logged_out() -> bool:
        answer = await page.request.get(f"{closed_console}/s/{MAYA}", headers={"accept": "text/html"})
        return answer.url.endswith("/login")

    await until(logged_out, "the page asks for a key")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_shows_the_page_without_scrolling_sideways(
    shop: Shop, browser: Browser, scheme: str
) -> None:
    async with window(browser, viewport=PHONE, color_scheme=scheme, is_mobile=True, has_touch=True) as opened:
        await opened.page.goto(page_of(shop, KENJI))
        await expect(opened.page.locator("#state")).to_have_text("Live")
        wide: int = await opened.page.evaluate("() => document.documentElement.scrollWidth")
        assert wide <= PHONE["width"]
        ground = await opened.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(16, 20, 19)") == (scheme == "dark")
        assert opened.complaints == []
