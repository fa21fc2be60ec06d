"""WhatsApp's approved templates: sent by ContentSid, found again by what is in them; without one SMS takes over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import get_args

import orjson
import pytest

from schemas.records import NewsKind
from stages.adapters.database import Database
from stages.adapters.messages import Channel
from stages.wording import TEMPLATES
from tests.contract.message_desk import Desk, desk_of
from tests.fixtures_sandbox import Sandbox, running_sandbox

BOTH: tuple[Channel, ...] = ("whatsapp", "sms")
SIDS = {kind: f"HX{number:032x}" for number, kind in enumerate(TEMPLATES, 1)}
APPROVED = {
    SIDS[kind]: f"{kind}: " + ", ".join(f"{name} {{{{{n}}}}}" for n, name in enumerate(names, 1))
    for kind, names in TEMPLATES.items()
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Sandbox]:
    """Providers where nobody has written to us for a day: free text on WhatsApp fails."""
    settings = {"SANDBOX_CONTENTS": orjson.dumps(APPROVED).decode(), "SANDBOX_WHATSAPP_WINDOW": "1"}
    with running_sandbox(**settings) as running:
        yield running


@pytest.fixture
async def desk(database: Database, strict: Sandbox) -> AsyncIterator[Desk]:
    async with desk_of(database, strict, templates=SIDS) as desk:
        yield desk


async def test_a_confirmation_goes_out_by_its_template(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    await desk.tell(order)
    [message] = desk.messages(buyer)
    assert message["body"] == (
        f"confirmed: order number {order.order_number}, product Blue Denim Jacket, total $79.99, "
        f"tracking link https://track.example/{order.order_number}"
    )
    row = await desk.row("select template from payment_notifications where order_id = $1", order.order_id)
    assert row["template"] == SIDS["confirmed"]


@pytest.mark.parametrize("kind", get_args(NewsKind))
async def test_every_news_fits_its_template(desk: Desk, kind: NewsKind) -> None:
    buyer = await desk.buyer(*BOTH)
    news = desk.news(kind, buyer, None if kind in ("sold_out", "waitlisted") else await desk.order(buyer))
    await desk.tell(news, news)
    assert await desk.told(news) == [("whatsapp", "sent", None)]
    [message] = desk.messages(buyer)
    assert message["body"].startswith(f"{kind}: ")
    assert "{{" not in message["body"]
    assert desk.run.ends == []  # the comment keeps the end that it has


@pytest.mark.parametrize(
    ("status", "kind"), [("paid", "waitlist_confirmed"), ("awaiting_payment", "waitlist_served")]
)
async def test_who_had_to_wait_for_a_piece_is_told_so(desk: Desk, status: str, kind: str) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer, "paid" if status == "paid" else "awaiting_payment", waited=True)
    await desk.tell(order)
    [message] = desk.messages(buyer)
    assert message["body"].startswith(f"{kind}: ")


@pytest.mark.parametrize("fault", ["timeout_after_success", "server_error_after_success"])
async def test_what_the_provider_worded_is_found_again_by_the_words_in_it(desk: Desk, fault: str) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    await desk.tell(desk.news("hold_expiring", buyer, order))
    desk.sandbox.arm("twilio", fault)
    news = desk.news("refunded", buyer, order)
    await desk.tell(news, news)
    assert await desk.told(news) == [
        ("whatsapp", "sent", None),
        ("whatsapp", "sent", None),
    ]  # both have the order for their subject
    assert [message["body"].partition(":")[0] for message in desk.messages(buyer)] == [
        "hold_expiring",
        "refunded",
    ]


async def test_a_message_that_was_lost_is_not_taken_for_another_of_the_same_order(desk: Desk) -> None:
    buyer = await desk.buyer(*BOTH)
    order = await desk.order(buyer)
    await desk.tell(order)
    desk.sandbox.arm("twilio", "server_error")
    news = desk.news("refunded", buyer, order)
    await desk.tell(news)
    row = await desk.row(
        "select status from payment_notifications where subject = $1 and kind = 'refunded'", news.subject
    )
    assert row["status"] == "uncertain"


async def test_a_template_that_the_provider_does_not_know_is_a_dead_letter(desk: Desk) -> None:
    desk.settings = {"templates": {"confirmed": "HX00"}}
    desk.restart()
    buyer = await desk.buyer(*BOTH)
    await desk.tell(await desk.order(buyer))
    assert [letter.error for letter in desk.run.dead] == ["MessageMisused"]
    assert desk.messages(buyer) == []
