"""What the page's forms and pictures are answered, odd ones included."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from PIL import Image

from stages.adapters.database.reviews import Reviews
from stages.adapters.frames import FrameStore
from stages.adapters.matcher import Match
from tests.contract.console_page import ConsolePage, console_page
from tests.contract.letters import letter, raw


@pytest.fixture
async def page(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[ConsolePage]:
    """Opened by whoever looks after all streamers."""
    frames = (tmp_path / "frames").as_uri()
    async with console_page(redis_url, database_url, tmp_path, frames_url=frames) as page:
        await page.log_in(await page.key())
        await page.shop.sell("JACKET", 5)
        yield page


def home(page: ConsolePage) -> str:
    return f"/s/{page.shop.streamer}"


async def asked(page: ConsolePage) -> UUID:
    """A comment under review, for which a frame was looked at."""
    comment, made = await page.comment(intent="buy"), io.BytesIO()
    Image.new("RGB", (90, 120), "teal").save(made, "JPEG")
    store = FrameStore(page.shop.settings.frames_url)
    key = await store.put(page.shop.streamer, datetime(2026, 1, 1, tzinfo=UTC), made.getvalue())
    await Reviews(page.shop.wiring.database).ask(comment, [Match("JACKET", 0.61)], [key.path])
    return comment


async def test_a_decision_is_answered_with_the_queue_and_what_came_of_it(page: ConsolePage) -> None:
    comment = await asked(page)
    before = await page.http.get(f"{home(page)}/panels/reviews")
    assert f"r-{comment}" in before.text
    answer = await page.http.post(f"{home(page)}/reviews/{comment}/confirm", data={"sku": "JACKET"})
    assert answer.status_code == 200
    assert f"r-{comment}" not in answer.text
    assert "Nothing to decide." in answer.text
    assert "Confirmed: bo claims 1 × The JACKET." in answer.text
    again = await page.http.post(f"{home(page)}/reviews/{comment}/decline")
    assert "It was confirmed before; that stands." in again.text


async def test_a_frame_is_a_picture_that_nobody_else_may_keep(page: ConsolePage) -> None:
    comment = await asked(page)
    answer = await page.http.get(f"{home(page)}/reviews/{comment}/frames/1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"].startswith("private")
    assert Image.open(io.BytesIO(answer.content)).size == (90, 120)
    await page.http.post("/logout")
    page.http.cookies.clear()
    assert (await page.http.get(f"{home(page)}/reviews/{comment}/frames/1")).status_code in (303, 401)


async def test_a_message_is_shown_as_it_was_written_and_never_run(page: ConsolePage) -> None:
    attack = "<img src=x onerror=alert(1)>"
    fields = {
        **raw(1),
        b"streamer": page.shop.streamer.encode(),
        b"client": attack.encode(),
        b"message": attack.encode(),
    }
    dead = letter(stage="ingest", stream="comments_stream", reason=attack, raw=fields)
    await page.shop.wiring.redis.execute_command("XADD", "dead:{0}", "*", *dead.fields())
    shown = await page.http.get(f"{home(page)}/panels/dead-letters")
    assert "<img" not in shown.text
    assert shown.text.count("&lt;img src=x") == 3


@pytest.mark.parametrize("sku", ["", "\x00", "x" * 500, "JACKET' or 1=1", "\ud83d\ude00"])
async def test_an_odd_product_is_refused_in_words(page: ConsolePage, sku: str) -> None:
    comment = await asked(page)
    data = f"sku={quote(sku, errors='surrogatepass')}"
    form = {"content-type": "application/x-www-form-urlencoded"}
    answer = await page.http.post(f"{home(page)}/reviews/{comment}/confirm", content=data, headers=form)
    assert answer.status_code in (200, 422)
    assert await page.shop.rows("select from outbox where comment_id = $1", comment) == []


async def test_odd_addresses_are_not_there(page: ConsolePage) -> None:
    there, comment = home(page), await asked(page)
    for path in (
        f"{there}/reviews/{comment}/frames/0",
        f"{there}/reviews/{comment}/frames/2",
        f"{there}/reviews/{comment}/frames/99999999999999999999",
        f"{there}/reviews/{uuid4()}/frames/1",
        f"{there}/products/{uuid4()}/picture",
        f"/s/nobody/reviews/{comment}/frames/1",
        "/s/%00",
        "/s/%00/panels/reviews",
        f"/s/%00/reviews/{comment}/frames/1",
        f"{there}/reviews/no-id/frames/1",
        f"{there}/reviews/{comment}/frames/x",
    ):
        assert (await page.http.get(path)).status_code == 404, path
    for path in (f"/s/%00/reviews/{comment}/confirm", f"/s/%00/comments/{comment}/block"):
        assert (await page.http.post(path, data={"sku": "JACKET"})).status_code == 404, path


@pytest.mark.parametrize(
    "dead_id", ["x", "1-1", "1-1/9999", "99999999999999999999-1", "%00", "../1-1", "1-1/0/0"]
)
async def test_an_odd_dead_letter_is_gone(page: ConsolePage, dead_id: str) -> None:
    answer = await page.http.post(f"{home(page)}/dead-letters/{dead_id}/redrive")
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert "This dead letter is gone" in answer.text


@pytest.mark.parametrize(
    "path", ["reviews/{}/confirm", "reviews/{}/decline", "dead-letters/redrive", "comments/{}/block"]
)
async def test_only_our_own_page_may_act(page: ConsolePage, path: str) -> None:
    comment = await asked(page)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "none"}):
        answer = await page.http.post(
            f"{home(page)}/{path.format(comment)}", data={"sku": "JACKET"}, headers=headers
        )
        assert answer.status_code == 403
    assert await page.shop.rows("select from outbox where comment_id = $1", comment) == []
