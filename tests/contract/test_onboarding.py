"""A buyer leaves phone, consent and card before they buy: with the payment provider's sandbox, in the whole way."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import pytest

from pipeline.stage import Emit
from schemas.records import PlacedOrder
from stages.adapters.database.buyers import Buyer, buyer_id
from stages.adapters.database.onboardings import ClosedOnboarding
from stages.onboarding import UnusableForm, read_form
from stages.onboarding import invite as new_link
from stages.wiring import STAGES
from tests.contract.consents import Consents
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.fixtures_sandbox import Delivery, Mailbox, Sandbox, running_sandbox
from tests.shell import tiktoksales

PHONE, EMAIL = "+1 (555) 010-7722", "ana@mail.example"
FORM = {"phone": PHONE, "whatsapp": "on"}
VISA = {"card": "4242424242424242"}


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[Sandbox, Mailbox]]:
    """The payment provider, and where its events go."""
    box = Mailbox()
    with running_sandbox(SANDBOX_WEBHOOK_URL=box.url) as sandbox:
        yield sandbox, box
    box.close()


@pytest.fixture
async def shop(
    provider: tuple[Sandbox, Mailbox], redis_url: str, database_url: str, tmp_path: Path
) -> AsyncIterator[KeptShop]:
    sandbox, _ = provider
    async with kept_shop(
        redis_url, database_url, tmp_path,
        stripe_api_key=sandbox.stripe_key, stripe_webhook_secret=sandbox.webhook_secret, stripe_url=sandbox.url,
        public_url="http://gateway",
    ) as shop:  # fmt: skip
        yield shop


async def invite(shop: KeptShop, handle: str, **lifetime: float) -> str:
    """A link's path."""
    life = timedelta(**lifetime) if lifetime else timedelta(hours=1)
    here = shop.wiring.onboarding
    link = await new_link(here.onboardings, here.links, "tiktok", handle, handle, here.now() + life)
    return urlsplit(link).path


async def save_card(shop: KeptShop, box: Mailbox, browser: httpx.AsyncClient, path: str) -> Delivery:
    """Fill in the form and the card's page. Returns the provider's event, not yet delivered."""
    answer = await shop.http.post(path, data=FORM)
    assert answer.status_code == 303
    paid = await browser.post(answer.headers["location"], data=VISA)
    assert paid.headers["location"] == "http://gateway/onboarded"
    return await asyncio.to_thread(box.take_event, "checkout.session.completed")


async def deliver(shop: KeptShop, told: Delivery) -> dict[str, Any]:
    """The event comes to the shop."""
    headers = {"stripe-signature": told.headers["stripe-signature"]}
    answer = await shop.http.post("/webhooks/stripe", content=told.body, headers=headers)
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    return said


async def buyer(shop: KeptShop, handle: str) -> Any:
    [row] = await shop.rows("select * from buyers where id = $1", buyer_id("tiktok", handle))
    return row


async def test_after_the_link_one_verified_comment_charges_the_card(
    shop: KeptShop, provider: tuple[Sandbox, Mailbox], browser: httpx.AsyncClient
) -> None:
    _, box = provider
    handle = f"ana-{uuid4().hex[:8]}"
    path = await invite(shop, handle)
    page = await shop.http.get(path)
    assert handle in page.text
    assert (await deliver(shop, await save_card(shop, box, browser, path)))["moved"] is True
    row = await buyer(shop, handle)
    assert shop.wiring.vault.open(row["phone"]) == "+15550107722"
    assert row["phone"] != "+15550107722"
    assert row["stripe_customer"].startswith("cus_")
    assert row["payment_method"].startswith("pm_")
    assert row["channel"] == "whatsapp"
    consents = await Consents(shop.wiring.database).of(row["id"])
    assert {channel: each.granted for channel, each in consents.items()} == {
        "whatsapp": True, "sms": False, "email": False,
    }  # fmt: skip
    assert {each.source for each in consents.values()} == {"onboarding"}
    assert "Thank you" in (await shop.http.get("/onboarded")).text
    await charge(shop, handle)


async def charge(shop: KeptShop, handle: str) -> None:
    """A verified claim of the buyer is paid by the saved card."""
    await shop.sell("JACKET", 5)
    body = {"product_id": "JACKET", "buyer": handle, "streamer": shop.streamer, "source": "tiktok"}
    order = UUID((await shop.http.post("/order/create", json=body)).json()["order_id"])
    [told] = await shop.rows(
        "select o.record from outbox as o join orders as p using (comment_id) where p.id = $1", order
    )
    await shop.execute(
        "update chat_messages set verified = true where id = (select comment_id from orders where id = $1)",
        order,
    )
    placed = PlacedOrder.model_validate(told["record"])
    viewer = placed.viewer.model_copy(update={"verified": True})
    stage = STAGES["payment"](shop.wiring)
    assert stage.one is not None
    assert isinstance(await stage.one(placed.model_copy(update={"viewer": viewer})), Emit)
    [paid] = await shop.rows("select status from orders where id = $1", order)
    assert paid["status"] == "paid"


async def test_a_link_is_used_up_once_the_card_is_saved(
    shop: KeptShop, provider: tuple[Sandbox, Mailbox], browser: httpx.AsyncClient
) -> None:
    handle = f"ben-{uuid4().hex[:8]}"
    path = await invite(shop, handle)
    told = await save_card(shop, provider[1], browser, path)
    await deliver(shop, told)
    before = await buyer(shop, handle)
    assert (await shop.http.get(path)).status_code == 410
    taken = await shop.http.post(path, data={**FORM, "phone": "+15550109999"})
    assert (taken.status_code, "was used" in taken.text) == (410, True)
    assert (await deliver(shop, told))["moved"] is False
    assert await buyer(shop, handle) == before


async def test_the_form_sent_twice_leads_to_the_same_page(shop: KeptShop) -> None:
    path = await invite(shop, f"cy-{uuid4().hex[:8]}")
    answers = [await shop.http.post(path, data=FORM) for _ in range(2)]
    assert answers[0].headers["location"] == answers[1].headers["location"]


async def test_a_link_writes_to_its_own_buyer_only(
    shop: KeptShop, provider: tuple[Sandbox, Mailbox], browser: httpx.AsyncClient
) -> None:
    mallory, victim = f"mal-{uuid4().hex[:8]}", f"vic-{uuid4().hex[:8]}"
    await shop.wiring.buyers.put(Buyer("tiktok", victim, victim, "+15550100001", "sms", "cus_v", "pm_v"))
    before = await buyer(shop, victim)
    path = await invite(shop, mallory)
    answer = await shop.http.post(
        path, data={**FORM, "handle": victim, "buyer_id": str(before["id"]), "client_id": victim}
    )
    await browser.post(answer.headers["location"], data=VISA)
    await deliver(shop, await asyncio.to_thread(provider[1].take_event, "checkout.session.completed"))
    assert await buyer(shop, victim) == before
    assert (await buyer(shop, mallory))["payment_method"] is not None


@pytest.mark.parametrize("made_up", ["x", "gAAAAA" + "A" * 120, "00000000-0000-0000-0000-000000000000"])
async def test_a_link_that_somebody_made_up_opens_nothing(shop: KeptShop, made_up: str) -> None:
    assert (await shop.http.get(f"/onboard/{made_up}")).status_code == 410
    assert (await shop.http.post(f"/onboard/{made_up}", data=FORM)).status_code == 410


async def test_what_was_sealed_for_something_else_is_no_link(shop: KeptShop) -> None:
    sealed = [shop.wiring.vault.seal(text) for text in ("+15550100002", '{"id": "' + str(uuid4()) + '"}')]
    path = await invite(shop, f"di-{uuid4().hex[:8]}")
    altered = path[:-8] + ("A" * 8)
    for token in (*sealed, altered.removeprefix("/onboard/")):
        assert isinstance(await shop.wiring.onboarding.open(token), ClosedOnboarding)


async def test_a_link_expires(shop: KeptShop) -> None:
    path = await invite(shop, f"ed-{uuid4().hex[:8]}", seconds=-1)
    answer = await shop.http.post(path, data=FORM)
    assert (answer.status_code, "has expired" in answer.text) == (410, True)


async def test_who_was_erased_or_blocked_is_not_taken_in(
    shop: KeptShop, provider: tuple[Sandbox, Mailbox], browser: httpx.AsyncClient
) -> None:
    handle = f"flo-{uuid4().hex[:8]}"
    path = await invite(shop, handle)
    told = await save_card(shop, provider[1], browser, path)
    await shop.execute("update buyers set erased_at = now() where id = $1", buyer_id("tiktok", handle))
    assert (await shop.http.post(path, data=FORM)).status_code == 410
    await deliver(shop, told)
    assert (await buyer(shop, handle))["payment_method"] is None


async def test_the_page_is_kept_nowhere_and_runs_no_script(shop: KeptShop) -> None:
    handle = f'<script>alert("{uuid4().hex[:6]}")</script>'
    page = await shop.http.get(await invite(shop, handle))
    assert handle not in page.text
    assert html.escape(handle) in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_the_page_does_not_show_what_was_left_there_before(shop: KeptShop) -> None:
    handle = f"gus-{uuid4().hex[:8]}"
    path = await invite(shop, handle)
    await shop.http.post(path, data={**FORM, "email": EMAIL})
    page = (await shop.http.get(path)).text
    assert EMAIL not in page
    assert "7722" not in page


async def test_consent_is_taken_back_by_leaving_it_out(shop: KeptShop) -> None:
    handle = f"hal-{uuid4().hex[:8]}"
    path = await invite(shop, handle)
    await shop.http.post(path, data=FORM)
    await shop.http.post(path, data={"phone": PHONE, "sms": "on"})
    row = await buyer(shop, handle)
    consents = await Consents(shop.wiring.database).of(row["id"])
    assert (consents["whatsapp"].granted, consents["sms"].granted, row["channel"]) == (False, True, "sms")


@pytest.mark.parametrize(
    "fields",
    [
        {"phone": "555 0100"}, {"phone": "+0123456789"}, {"phone": ""}, {},
        {"phone": PHONE, "email": "no address"}, {"phone": PHONE, "by_email": "on"},
    ],
)  # fmt: skip
async def test_a_form_that_can_not_be_used_is_shown_again_with_the_reason(
    shop: KeptShop, fields: dict[str, str]
) -> None:
    handle = f"ida-{uuid4().hex[:8]}"
    with pytest.raises(UnusableForm) as refused:
        read_form(fields)
    answer = await shop.http.post(await invite(shop, handle), data=fields)
    assert answer.status_code == 422
    assert html.escape(str(refused.value)) in answer.text
    assert (await buyer(shop, handle))["phone"] is None


async def test_a_provider_that_is_away_is_waited_for(
    shop: KeptShop, provider: tuple[Sandbox, Mailbox]
) -> None:
    path = await invite(shop, f"jo-{uuid4().hex[:8]}")
    provider[0].arm("stripe", "unavailable")
    answer = await shop.http.post(path, data=FORM)
    assert (answer.status_code, "try again" in answer.text) == (503, True)
    assert (await shop.http.post(path, data=FORM)).status_code == 303


async def test_a_pay_link_leads_back_to_a_page_of_ours(shop: KeptShop) -> None:
    page = await shop.http.get("/thanks")
    assert (page.status_code, "Thank you" in page.text) == (200, True)


async def test_the_command_prints_a_link_that_works(shop: KeptShop) -> None:
    handle = f"kim-{uuid4().hex[:8]}"
    settings = {**shop.environment, "public_url": "http://gateway"}
    said = await tiktoksales("onboard", "link", handle, "--client-id", "id-9", **settings)
    page = await shop.http.get(urlsplit(said.out.strip()).path)
    assert (page.status_code, handle in page.text) == (200, True)
    [row] = await shop.rows("select id from buyers where handle = $1", handle)
    assert row["id"] == UUID(str(buyer_id("tiktok", "id-9")))
