"""What the console's panels show of a shop, and that it is the streamer's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from pipeline.engines.redis.connection import connect
from stages.adapters.database.catalog import Streamer
from stages.adapters.database.offers import Variant
from stages.console.app import create_console
from stages.console.backstage import Backstage
from stages.console.session import Sessions
from stages.console.views.chain import chain_view
from stages.console.views.comments import Fate, comments_view
from stages.console.views.figures import figures_view
from stages.console.views.orders import orders_view
from stages.console.views.products import products_view
from stages.doors.gate import Gate
from stages.wiring import utc_now
from tests.contract.console_page import ADDRESS, OURS, ConsolePage, console_page


@pytest.fixture
async def page(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[ConsolePage]:
    async with console_page(redis_url, database_url, tmp_path, open_doors=True) as page:
        yield page


async def panel(page: ConsolePage, name: str) -> str:
    return (await page.http.get(f"/s/{page.shop.streamer}/panels/{name}")).raise_for_status().text


async def test_the_newest_comments_come_first_with_what_became_of_them(page: ConsolePage) -> None:
    asked = await page.comment("how much?", "question", minutes_ago=5)
    await page.end(asked, "question")
    bought = await page.comment("mine!", "buy", minutes_ago=4)
    await page.order(bought, "JACKET", status="awaiting_payment")
    sold_out = await page.comment("me too", "buy", minutes_ago=3)
    await page.end(sold_out, "sold out")
    broken = await page.comment("??", minutes_ago=2)
    await page.end(broken, "not readable", "rejected")
    await page.comment("I want it", "buy", minutes_ago=1.5)
    await page.comment("hello", minutes_ago=1)
    view = await comments_view(page.backstage, page.shop.streamer)
    assert [(row.message, row.intent, row.fate) for row in view.rows] == [
        ("hello", None, Fate("on its way", "busy")),
        ("I want it", "buy", Fate("on its way", "busy")),
        ("??", None, Fate("failed", "bad")),
        ("me too", "buy", Fate("sold out", "waiting")),
        ("mine!", "buy", Fate("awaiting payment", "waiting")),
        ("how much?", "question", None),
    ]
    assert (view.total, view.buys) == (6, 3)


async def test_a_pin_stands_among_the_comments(page: ConsolePage) -> None:
    await page.shop.sell("JACKET", 3)
    await page.shop.sell("TEE", 3)
    await page.comment("JACKET", kind="pin", minutes_ago=2)
    assert "on screen: <strong>JACKET</strong>" in await panel(page, "comments")
    view = await products_view(page.backstage, page.shop.streamer)
    assert [(row.sku, row.is_on_screen) for row in view.rows] == [("JACKET", True), ("TEE", False)]
    await page.comment("-", kind="pin", minutes_ago=1)
    assert "nothing pinned any more" in await panel(page, "comments")
    view = await products_view(page.backstage, page.shop.streamer)
    assert not any(row.is_on_screen for row in view.rows)


async def test_what_viewers_write_stays_text(page: ConsolePage) -> None:
    attack = '<script>alert(1)</script> \' onmouseover="x" {{ 7*7 }}'
    comment = await page.comment(attack, "buy")
    for html in (
        await panel(page, "comments"),
        (await page.http.get(f"/s/{page.shop.streamer}/comments/{comment}")).text,
    ):
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
        assert 'onmouseover="' not in html
        assert "{{ 7*7 }}" in html


async def test_the_figures_add_up_what_was_taken(page: ConsolePage) -> None:
    for amount, status in ((7999, "paid"), (1, "paid"), (500, "awaiting_payment"), (900, "cancelled")):
        await page.order(await page.comment("mine", "buy"), f"SKU{amount}", amount=amount, status=status)
    view = await figures_view(page.backstage, page.shop.streamer)
    assert (view.orders, view.paid, view.comments, view.buys) == (4, 2, 4, 4)
    assert (view.revenue, view.unpaid, view.commission) == (("$80.00",), ("$5.00",), ("$7.99",))
    assert view.median_seconds == pytest.approx(60, abs=30)


async def test_a_refund_takes_from_the_revenue_and_the_commission(page: ConsolePage) -> None:
    number = await page.order(await page.comment("mine", "buy"), "JACKET", amount=8000)
    await page.shop.execute("update orders set refunded_minor = 2000 where order_number = $1", number)
    await page.shop.execute(
        "insert into commissions (id, order_id, streamer, comment_id, net_paid_minor, amount_minor, currency, kind,"
        " cause) select $1, order_id, streamer, comment_id, 6000, -200, currency, 'corrected', 'refund'"
        " from commissions where streamer = $2",
        uuid4(), page.shop.streamer,
    )  # fmt: skip
    view = await figures_view(page.backstage, page.shop.streamer)
    assert (view.revenue, view.commission) == (("$60.00",), ("$6.00",))
    [order] = (await orders_view(page.backstage, page.shop.streamer)).rows
    assert (order.total, order.refunded) == ("$80.00", "$20.00")
    assert "$20.00 back" in await panel(page, "orders")


async def test_what_is_older_than_an_evening_does_not_count(page: ConsolePage) -> None:
    comment = await page.comment("mine", "buy", minutes_ago=13 * 60)
    number = await page.order(comment, "JACKET")
    await page.shop.execute(
        "update orders set placed_at = now() - interval '13 hours' where order_number = $1", number
    )
    view = await figures_view(page.backstage, page.shop.streamer)
    assert (view.comments, view.orders, view.revenue) == (0, 0, ())
    orders = await orders_view(page.backstage, page.shop.streamer)
    assert ([row.number for row in orders.rows], orders.states) == ([number], ())


async def test_orders_stand_in_their_states(page: ConsolePage) -> None:
    states = ("placed", "awaiting_payment", "paid", "paid", "cancelled")
    for status in states:
        await page.order(await page.comment("mine", "buy"), "JACKET", status=status, quantity=2)
    view = await orders_view(page.backstage, page.shop.streamer)
    assert view.states == (("placed", 1), ("awaiting_payment", 1), ("paid", 2), ("cancelled", 1))
    assert {row.what for row in view.rows} == {"2 × The JACKET"}
    html = await panel(page, "orders")
    assert all(f"state-{status}" in html for status in states)


async def test_products_show_what_is_sold_and_what_is_left(page: ConsolePage) -> None:
    await page.order(await page.comment("mine", "buy"), "JACKET", quantity=3)
    await page.order(await page.comment("mine", "buy"), "JACKET", status="awaiting_payment", quantity=2)
    await page.shop.sell("DRESS", 4, variants=(Variant("blue", 4), Variant("red", 0)))
    await page.shop.sell("TEE", 0)
    view = await products_view(page.backstage, page.shop.streamer)
    shown = {row.sku: row for row in view.rows}
    jacket, dress = shown["JACKET"], shown["DRESS"]
    assert (jacket.sold, jacket.unpaid, jacket.left, jacket.pieces) == (3, 2, 5, 10)
    assert dress.variants == (("blue", 4), ("red", 0))
    assert view.sold_out == 1
    assert [row.sku for row in view.rows] == sorted(shown), "rows keep their places"


async def test_a_comments_chain_is_told_with_times(page: ConsolePage) -> None:
    comment = await page.comment("mine!", "buy")
    number = await page.order(comment, "JACKET")
    await page.end(comment, "done", "done")
    view = await chain_view(page.backstage, page.shop.streamer, comment)
    assert view is not None
    steps = {step.name: step for step in view.steps}
    assert list(steps) == ["Written", "Came in", "Stored", "Intent", "Order", "Paid", "Commission", "End"]
    assert (steps["Stored"].took_ms, steps["Intent"].took_ms) == (12, 30)
    assert number in steps["Order"].words
    assert "90% sure" in steps["Intent"].words
    assert view.ended == "paid"
    html = (await page.http.get(f"/s/{page.shop.streamer}/comments/{comment}")).text
    assert "<html" in html
    assert number in html
    fragment = await page.http.get(
        f"/s/{page.shop.streamer}/comments/{comment}", headers={"HX-Request": "true"}
    )
    assert fragment.text.lstrip().startswith("<article")


async def test_a_chain_without_end_looks_again_by_itself(page: ConsolePage) -> None:
    comment = await page.comment("mine!", "buy")
    address = f"/s/{page.shop.streamer}/comments/{comment}"
    assert 'hx-trigger="every' in (await page.http.get(address)).text
    await page.end(comment, "no match")
    ended = (await page.http.get(address)).text
    assert 'hx-trigger="every' not in ended
    assert "no match" in ended


async def test_an_empty_page_tells_the_first_step(page: ConsolePage) -> None:
    html = (await page.http.get(f"/s/{page.shop.streamer}")).text
    assert f"tiktoksales connect tiktok {page.shop.streamer}" in html
    assert f"curl {page.shop.settings.public_url}comments" in html
    assert f"tiktoksales catalog import products.csv --streamer {page.shop.streamer}" in html


async def test_while_redis_is_away_the_page_shows_what_the_database_knows(page: ConsolePage) -> None:
    await page.comment("how much?", "question")
    wiring, away = page.shop.wiring, connect("redis://127.0.0.1:1/0")
    backstage = Backstage.of(wiring.database, away, wiring.keys, page.shop.settings, utc_now)
    app = create_console(backstage, Gate(None, open_doors=True), Sessions.under([], utc_now))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS, headers=OURS) as http:
        shown = await http.get(f"/s/{page.shop.streamer}")
        ready = await http.get("/readyz")
        alive = await http.get("/healthz")
    await away.aclose()
    assert shown.status_code == 200
    assert "how much?" in shown.text
    assert "Redis is away" in shown.text
    assert (ready.status_code, "Redis" in ready.json()["error"]) == (503, True)
    assert alive.status_code == 200


async def test_views_read_no_other_streamers_rows(page: ConsolePage) -> None:
    other = f"{page.shop.streamer}-other"
    await page.shop.wiring.catalog.put_streamer(Streamer(other, "Bea", "USD"))
    theirs = await page.comment("theirs", "buy", streamer=other)
    await page.order(await page.comment("mine", "buy"), "JACKET")
    assert (await orders_view(page.backstage, other)).rows == ()
    assert (await products_view(page.backstage, other)).rows == ()
    assert (await figures_view(page.backstage, other)).revenue == ()
    assert [row.message for row in (await comments_view(page.backstage, other)).rows] == ["theirs"]
    assert await chain_view(page.backstage, page.shop.streamer, theirs) is None
