"""The host pins a product."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.stage import Drop
from schemas.records import Comment
from stages.ingest import UNPINNED, ingest, open_comment
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.shell import tiktoksales


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        await shop.sell("Jacket-1", 5)
        yield shop


async def entries(shop: KeptShop) -> list[Comment]:
    """What stands in the public stream, as ingest reads it."""
    raw: Any = await shop.wiring.redis.xrange(shop.wiring.keys.comments)
    sources = shop.wiring.sources
    return [open_comment(entry.decode(), fields, sources=sources).record for entry, fields in raw]


async def stored(shop: KeptShop) -> list[tuple[str, str, bool]]:
    """The pins in the database, in their order."""
    outcomes = await ingest(await entries(shop), store=shop.wiring.comments)
    assert all(outcome == Drop("pin recorded") for outcome in outcomes)
    rows = await shop.rows(
        "select message, source, verified from chat_messages where streamer = $1 and kind = 'pin' order by seq_rank",
        shop.streamer,
    )  # fmt: skip
    return [(row["message"], row["source"], row["verified"]) for row in rows]


async def test_a_pin_takes_its_place_among_the_comments_signed_by_the_gateway(shop: KeptShop) -> None:
    answer = await shop.http.post("/pins", json={"streamer": shop.streamer, "sku": "jacket-1"})
    assert answer.json() == {"ok": True, "pinned": "Jacket-1"}
    answer = await shop.http.post("/pins", json={"streamer": shop.streamer})
    assert answer.json() == {"ok": True, "pinned": None}
    assert await stored(shop) == [("Jacket-1", "gateway", True), (UNPINNED, "gateway", True)]


async def test_what_the_streamer_does_not_sell_is_not_pinned(shop: KeptShop) -> None:
    answer = await shop.http.post("/pins", json={"streamer": shop.streamer, "sku": "other"})
    assert answer.status_code == 404
    assert "sells no product 'other'" in answer.json()["error"]
    assert await entries(shop) == []


@pytest.mark.parametrize("sku", ["Jacket-1", "", None])
async def test_nothing_is_pinned_or_taken_down_for_a_streamer_who_is_not_there(
    shop: KeptShop, sku: str | None
) -> None:
    answer = await shop.http.post("/pins", json={"streamer": "nobody", "sku": sku})
    assert (answer.status_code, answer.json()["error"].partition(":")[0]) == (
        404,
        "There is no streamer 'nobody'",
    )
    told = await tiktoksales("pin", "nobody", *([sku] if sku else []), **shop.environment)
    assert (told.status, "There is no streamer 'nobody'" in told.err) == (1, True)
    assert await entries(shop) == []


async def test_a_sku_that_no_database_holds_is_refused(shop: KeptShop) -> None:
    answer = await shop.http.post("/pins", json={"streamer": shop.streamer, "sku": "a\0"})
    assert (answer.status_code, "character NUL" in answer.json()["error"]) == (422, True)


async def test_whoever_may_push_may_pin_unverified(shop: KeptShop) -> None:
    for message in ("Jacket-1", ""):
        fields = {"streamer": shop.streamer, "client": "somebody", "message": message, "kind": "pin"}
        await shop.wiring.appender.comment(fields)
    assert await stored(shop) == [("Jacket-1", "stream", False), (UNPINNED, "stream", False)]


async def test_the_command_pins_and_takes_down(shop: KeptShop) -> None:
    pinned = await tiktoksales("pin", shop.streamer, "JACKET-1", **shop.environment)
    assert pinned.out == "Pinned Jacket-1.\n"
    assert (await tiktoksales("pin", shop.streamer, **shop.environment)).out == "Nothing is pinned.\n"
    unknown = await tiktoksales("pin", shop.streamer, "other", **shop.environment)
    assert (unknown.status, "Traceback" in unknown.err) == (1, False)
    assert [pin[:2] for pin in await stored(shop)] == [("Jacket-1", "gateway"), (UNPINNED, "gateway")]
