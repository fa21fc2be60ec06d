"""Who gets into the console, and whose page they see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stages.adapters.database.api_keys import ApiKeys
from stages.adapters.database.catalog import Streamer
from stages.console.session import COOKIE
from stages.doors.keyring import FRESH_SECONDS
from stages.wiring import utc_now
from tests.contract.console_page import ADDRESS, OURS, ConsolePage, console_page

ELSEWHERE = "http://elsewhere.example"


@pytest.fixture
async def page(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[ConsolePage]:
    async with console_page(redis_url, database_url, tmp_path) as page:
        yield page


def addresses_of(streamer: str) -> list[str]:
    """Everything below a streamer's page that can be read."""
    home = f"/s/{streamer}"
    some_id = "00000000-0000-4000-8000-000000000000"
    return [home, f"{home}/panels/comments", f"{home}/comments/{some_id}", f"{home}/feed",
            f"{home}/reviews/{some_id}/frames/1", f"{home}/products/{some_id}/picture"]  # fmt: skip


async def test_whoever_shows_no_key_is_sent_to_the_entrance(page: ConsolePage) -> None:
    for address in ("/", *addresses_of(page.shop.streamer)):
        answer = await page.http.get(address)
        assert (answer.status_code, answer.headers.get("location")) == (303, "/login"), address
        fragment = await page.http.get(address, headers={"HX-Request": "true"})
        assert (fragment.status_code, fragment.headers.get("hx-redirect")) == (401, "/login"), address
        assert (await page.http.get(address, headers={"Accept": "text/event-stream"})).status_code == 401


async def test_a_key_opens_its_streamers_page(page: ConsolePage) -> None:
    answer = await page.log_in(f"  {await page.key(streamer=page.shop.streamer)}\n")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Max-Age=43200", "Path=/"))
    assert "tts_" not in cookie
    home = await page.http.get("/")
    assert home.headers["location"] == f"/s/{page.shop.streamer}"
    shown = await page.http.get(home.headers["location"])
    assert shown.status_code == 200
    assert page.shop.streamer in shown.text


async def test_over_tls_the_cookie_goes_nowhere_else(page: ConsolePage) -> None:
    page.http.base_url = ADDRESS.replace("http", "https")
    answer = await page.log_in(await page.key("admin"))
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("key", ["", "tts_", "tts_000000000000_" + "A" * 43, "x" * 400])
async def test_what_is_no_key_is_refused_in_words(page: ConsolePage, key: str) -> None:
    answer = await page.log_in(key)
    assert answer.status_code == 401
    assert "This key opens no console" in answer.text
    assert "set-cookie" not in answer.headers


async def test_a_key_without_the_scope_opens_no_console(page: ConsolePage) -> None:
    key = await page.key("ingest", "orders")
    assert (await page.log_in(key)).status_code == 401
    shown = await page.http.get("/", headers={"Authorization": f"Bearer {key}"})
    assert shown.headers["location"] == "/login"


async def test_a_streamer_finds_nothing_at_anothers_addresses(page: ConsolePage) -> None:
    other = f"{page.shop.streamer}-other"
    await page.shop.wiring.catalog.put_streamer(Streamer(other, "Bea", "USD"))
    comment = await page.comment("of the other's show", streamer=other)
    await page.log_in(await page.key(streamer=page.shop.streamer))
    for address in (*addresses_of(other), f"/s/{other}/comments/{comment}"):
        answer = await page.http.get(address)
        assert answer.status_code == 404, address
        assert "of the other's show" not in answer.text
    # Nor under an address of their own.
    assert (await page.http.get(f"/s/{page.shop.streamer}/comments/{comment}")).status_code == 404


async def test_whoever_looks_after_all_chooses_a_streamer(page: ConsolePage) -> None:
    await page.log_in(await page.key("admin"))
    choice = await page.http.get("/")
    assert choice.status_code == 200
    assert f'href="/s/{page.shop.streamer}"' in choice.text
    assert (await page.http.get(f"/s/{page.shop.streamer}")).status_code == 200


async def test_revoking_the_key_logs_out(page: ConsolePage) -> None:
    key = await page.key(streamer=page.shop.streamer)
    await page.log_in(key)
    assert (await page.http.get(f"/s/{page.shop.streamer}")).status_code == 200
    await ApiKeys(page.shop.wiring.database).revoke(key.split("_")[1], utc_now())
    page.ticks.at += FRESH_SECONDS + 0.1
    answer = await page.http.get(f"/s/{page.shop.streamer}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert COOKIE not in page.http.cookies


async def test_logging_out_forgets_the_cookie(page: ConsolePage) -> None:
    await page.log_in(await page.key("admin"))
    assert (await page.http.post("/logout", headers=OURS)).headers["location"] == "/login"
    assert COOKIE not in page.http.cookies
    assert (await page.http.get("/")).headers["location"] == "/login"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": ADDRESS},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9000"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": ELSEWHERE},
        {"Sec-Fetch-Site": "", "Origin": "null"},
        {"Sec-Fetch-Site": "", "Origin": "http://[no-host"},
        {"Sec-Fetch-Site": ""},
    ],
)
async def test_another_sites_page_changes_nothing(page: ConsolePage, headers: dict[str, str]) -> None:
    await page.log_in(await page.key("admin"))
    home = f"/s/{page.shop.streamer}"
    some_id = "00000000-0000-4000-8000-000000000000"
    for address in ("/login", "/logout", f"{home}/reviews/{some_id}/decline", f"{home}/dead-letters/redrive"):
        answer = await page.http.post(address, headers=headers, data={"key": "x"})
        assert answer.status_code == 403, address
    assert COOKIE in page.http.cookies


async def test_an_origin_is_enough_for_browsers_that_say_no_more(page: ConsolePage) -> None:
    page.http.headers["Sec-Fetch-Site"] = ""
    answer = await page.http.post(
        "/login", data={"key": await page.key("admin")}, headers={"Origin": ADDRESS, "Sec-Fetch-Site": ""}
    )
    assert answer.status_code == 303


async def test_an_open_door_asks_for_no_key(redis_url: str, database_url: str, tmp_path: Path) -> None:
    async with console_page(redis_url, database_url, tmp_path, open_doors=True) as page:
        assert (await page.http.get(f"/s/{page.shop.streamer}")).status_code == 200
        assert (await page.http.get("/login")).headers["location"] == "/"
        rebound = await page.http.get("/", headers={"Host": "elsewhere.example"})
        assert rebound.headers["location"] == "/login"


async def test_pages_are_kept_by_no_cache_and_run_no_foreign_code(page: ConsolePage) -> None:
    await page.log_in(await page.key("admin"))
    shown = await page.http.get(f"/s/{page.shop.streamer}")
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert shown.headers["cache-control"] == "no-store"
    assert "<script>" not in shown.text
    assert " style=" not in shown.text
    assert " onclick=" not in shown.text
    [style] = [part.split('"')[0] for part in shown.text.split('href="')[1:] if "console.css" in part]
    asset = await page.http.get(style)
    assert (asset.status_code, "immutable" in asset.headers["cache-control"]) == (200, True)
    assert "immutable" not in (await page.http.get("/static/nothing.css")).headers["cache-control"]


async def test_a_page_that_is_not_there_says_so_in_a_page(page: ConsolePage) -> None:
    page_answer = await page.http.get("/nothing")
    assert (page_answer.status_code, "text/html" in page_answer.headers["content-type"]) == (404, True)
    plain = await page.http.get("/nothing", headers={"Accept": "*/*"})
    assert (plain.status_code, plain.json()["ok"]) == (404, False)


async def test_an_address_that_names_nothing_is_a_page_that_is_not_there(page: ConsolePage) -> None:
    await page.log_in(await page.key("admin"))
    for path in ("comments/nonsense", "reviews/nonsense/frames/1", "products/nonsense/picture"):
        answer = await page.http.get(f"/s/{page.shop.streamer}/{path}")
        assert (answer.status_code, "no such page" in answer.text) == (404, True)


async def test_a_form_that_is_not_right_and_a_wrong_method_are_said_in_words(page: ConsolePage) -> None:
    await page.log_in(await page.key("admin"))
    some_id = "00000000-0000-4000-8000-000000000000"
    review = f"/s/{page.shop.streamer}/reviews/{some_id}/confirm"
    answer = await page.http.post(review, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()) == (422, {"ok": False, "error": "sku: Field required"})
    answer = await page.http.get("/logout", headers={"Accept": "*/*"})
    said = {"ok": False, "error": "This is not done here by this method."}
    assert (answer.status_code, answer.json()) == (405, said)
