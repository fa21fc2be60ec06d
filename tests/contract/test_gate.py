"""Who comes in by the gateway's doors: keys, scopes, streamers, and open doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Streamer
from stages.api_key import Scope
from stages.doors.security_headers import HEADERS
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop

COMMENT, ORDER, PIN = "/comments", "/order/create", "/pins"


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path, open_doors=False) as shop:
        await shop.sell("JACKET", 5)
        yield shop


@pytest.fixture
async def open_shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        yield shop


def body_for(path: str, streamer: str) -> dict[str, Any]:
    return {
        COMMENT: {"streamer": streamer, "client": "ana", "message": "I want it!"},
        ORDER: {"streamer": streamer, "product_id": "JACKET", "buyer": "bo", "source": "shop"},
        PIN: {"streamer": streamer, "sku": "JACKET"},
    }[path]


async def key(shop: KeptShop, *scopes: Scope, streamer: str | None = None, source: str = "gateway") -> str:
    return await ApiKeys(shop.wiring.database).create("test", scopes, streamer, source, utc_now())


async def ask(shop: KeptShop, path: str, shown: str | None, **headers: str) -> httpx.Response:
    given = {"Authorization": f"Bearer {shown}"} if shown else {}
    return await shop.http.post(path, json=body_for(path, shop.streamer), headers=given | headers)


@pytest.mark.parametrize("path", [COMMENT, ORDER, PIN])
async def test_without_a_good_key_nobody_comes_in(shop: KeptShop, path: str) -> None:
    forged = (await key(shop, "admin"))[:-3] + "AAA"
    answers = [
        await ask(shop, path, None),
        await ask(shop, path, "nonsense"),
        await ask(shop, path, forged),
        await ask(shop, path, None, Authorization="Basic YTpi"),
    ]
    for answer in answers:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["ok"] is False
        assert "tiktoksales keys" in answer.json()["error"]
    assert await shop.rows("select 1 from orders where streamer = $1", shop.streamer) == []
    assert await shop.wiring.redis.xlen("comments_stream") == 0


@pytest.mark.parametrize(
    ("path", "good", "other"),
    [
        (COMMENT, ["ingest"], ["orders", "console"]),
        (ORDER, ["orders"], ["ingest", "console"]),
        (PIN, ["console"], ["orders"]),
        (PIN, ["ingest"], ["orders"]),
        (COMMENT, ["admin"], ["console"]),
        (ORDER, ["admin"], ["console"]),
    ],
)
async def test_a_key_opens_what_its_scopes_name(
    shop: KeptShop, path: str, good: Sequence[Scope], other: Sequence[Scope]
) -> None:
    refused = await ask(shop, path, await key(shop, *other))
    assert (refused.status_code, "lacks the scope" in refused.json()["error"]) == (403, True)
    assert (await ask(shop, path, await key(shop, *good))).status_code == 200


@pytest.mark.parametrize("path", [COMMENT, ORDER, PIN])
async def test_a_key_of_one_streamer_acts_for_no_other(shop: KeptShop, path: str) -> None:
    await shop.wiring.catalog.put_streamer(Streamer("somebody-else", "Bea", "USD"))
    theirs = await key(shop, "ingest", "orders", streamer="somebody-else")
    mine = await key(shop, "ingest", "orders", streamer=shop.streamer)
    assert (await ask(shop, path, theirs)).status_code == 403
    assert (await ask(shop, path, mine)).status_code == 200


async def test_streamers_keys_use_up_no_idempotency_keys_of_each_other(shop: KeptShop) -> None:
    other = replace(shop, streamer=f"{shop.streamer}-2")
    await shop.wiring.catalog.put_streamer(Streamer(other.streamer, "Bea", "USD"))
    await other.sell("JACKET", 5)
    shown = [(each, await key(each, "orders", streamer=each.streamer)) for each in (shop, other)]
    counted = {"Idempotency-Key": f"order-1-{shop.streamer}"}
    answers = [await ask(each, ORDER, one, **counted) for each, one in shown * 2]
    assert [answer.status_code for answer in answers] == [200] * 4
    orders = [answer.json()["order_id"] for answer in answers]
    assert orders[:2] == orders[2:]
    assert orders[0] != orders[1]


async def test_a_key_is_taken_by_either_header(shop: KeptShop) -> None:
    shown = await key(shop, "ingest")
    assert (await ask(shop, COMMENT, None, **{"X-Api-Key": shown})).status_code == 200
    assert (await ask(shop, COMMENT, None, authorization=f"bearer  {shown}")).status_code == 200


async def test_comments_are_signed_as_the_source_of_their_key(shop: KeptShop) -> None:
    await ask(shop, COMMENT, await key(shop, "ingest"))
    await ask(shop, COMMENT, await key(shop, "ingest", source="nobody-knows"))
    raw: Any = await shop.wiring.redis.xrange("comments_stream")
    entries = [fields for _, fields in raw]
    texts = [{name.decode(): value.decode() for name, value in fields.items()} for fields in entries]
    assert [shop.wiring.sources.vouch(fields) for fields in texts] == [("gateway", True), ("stream", False)]


async def test_what_is_counted_is_for_those_with_the_scope_metrics_or_admin(shop: KeptShop) -> None:
    refused = await shop.http.get(
        "/metrics", headers={"X-Api-Key": await key(shop, "ingest", "orders", "console")}
    )
    shown = await shop.http.get("/metrics", headers={"X-Api-Key": await key(shop, "metrics")})
    to_admins = await shop.http.get("/metrics", headers={"X-Api-Key": await key(shop, "admin")})
    assert (await shop.http.get("/metrics")).status_code == 401
    assert refused.status_code == 403
    assert "tiktoksales_" in shown.text
    assert "tiktoksales_" in to_admins.text
    assert (await ask(shop, COMMENT, await key(shop, "metrics"))).status_code == 403


async def test_health_and_webhooks_need_no_key(shop: KeptShop) -> None:
    for path in ("/healthz", "/readyz"):
        assert (await shop.http.get(path)).json() == {"ok": True}


async def test_an_open_door_asks_this_machine_for_no_key(open_shop: KeptShop) -> None:
    assert (await ask(open_shop, COMMENT, None)).status_code == 200
    assert (await open_shop.http.get("/metrics")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "rebound.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"X-Forwarded-For": "203.0.113.9"},
    ],
    ids=str,
)
async def test_an_open_door_is_not_open_to_other_sites_and_machines(
    open_shop: KeptShop, headers: dict[str, str]
) -> None:
    answer = await ask(open_shop, COMMENT, None, **headers)
    assert (answer.status_code, "open" in answer.json()["error"]) == (401, True)
    assert (await ask(open_shop, COMMENT, await key(open_shop, "ingest"), **headers)).status_code == 200


async def test_a_bad_key_does_not_come_in_by_an_open_door(open_shop: KeptShop) -> None:
    assert (await ask(open_shop, COMMENT, "nonsense")).status_code == 401


async def test_no_answer_lets_another_site_read_it(open_shop: KeptShop) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asked = await open_shop.http.options(COMMENT, headers=headers)
    told = await open_shop.http.get("/healthz", headers=headers)
    assert asked.status_code == 405
    for answer in (asked, told):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_every_answer_tells_browsers_what_they_must_not_do(open_shop: KeptShop) -> None:
    for path in ("/healthz", "/nowhere", "/comments"):
        answer = await open_shop.http.get(path)
        assert answer.headers.items() >= {(name.lower(), value) for name, value in HEADERS.items()}
        assert "server" not in answer.headers


async def test_what_there_is_not_is_answered_in_words(open_shop: KeptShop) -> None:
    nowhere, get = await open_shop.http.get("/nowhere"), await open_shop.http.get(COMMENT)
    assert (nowhere.status_code, nowhere.json()) == (
        404,
        {"ok": False, "error": "There is nothing at /nowhere."},
    )
    assert (get.status_code, get.json()["ok"], get.headers["allow"]) == (405, False, "POST")
