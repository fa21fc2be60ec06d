"""How many get WhatsApp messages in a day, and how fast messages leave: SMS takes what is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from schemas.records import News
from stages.adapters.database import Database
from stages.adapters.database.notifications import Claim, DailyLimit, Draft, Notifications, OverLimit
from stages.adapters.message_rate import MessageRate
from stages.adapters.messages import Channel
from tests.contract.message_desk import Desk, desk_of
from tests.fixtures_sandbox import Sandbox, running_sandbox

BOTH: tuple[Channel, ...] = ("whatsapp", "sms")
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def limited() -> Iterator[Sandbox]:
    """Providers for this module alone."""
    with running_sandbox() as running:
        yield running


@pytest.fixture
async def desk(limited: Sandbox, new_database: Callable[[], str]) -> AsyncIterator[Desk]:
    """Two people a day get WhatsApp messages."""
    async with (
        Database.opened(new_database()) as database,
        desk_of(database, limited, whatsapp_recipients=2) as desk,
    ):
        yield desk


async def test_the_third_of_a_day_gets_an_sms_and_the_first_keep_whatsapp(desk: Desk) -> None:
    buyers = [await desk.buyer(*BOTH) for _ in range(3)]
    orders = [await desk.order(buyer) for buyer in [*buyers, *buyers]]
    for order in orders:
        await desk.tell(order)
    assert [(await desk.told(order))[0][0] for order in orders] == ["whatsapp", "whatsapp", "sms"] * 2


async def test_another_day_begins_anew(desk: Desk) -> None:
    for _ in range(2):
        buyers = [await desk.buyer(*BOTH) for _ in range(3)]
        orders = [await desk.order(buyer) for buyer in buyers]
        for order in orders:
            await desk.tell(order)
        assert [(await desk.told(order))[0][0] for order in orders] == ["whatsapp", "whatsapp", "sms"]
        desk.clock.advance(DAY.total_seconds())


async def test_who_agreed_to_whatsapp_alone_is_told_the_next_day(desk: Desk) -> None:
    orders = [await desk.order(await desk.buyer("whatsapp")) for _ in range(3)]
    today = desk.clock.utc_now()
    await desk.tell(*orders)
    assert [await desk.told(order) for order in orders] == [[("whatsapp", "sent", None)]] * 3
    assert desk.clock.utc_now().date() == today.date() + DAY
    assert desk.run.dead == []


async def test_no_more_than_the_limit_are_let_through_at_once(database: Database) -> None:
    notifications = Notifications(database)
    limit = DailyLimit(datetime(2030, 1, 1, tzinfo=UTC), 5)

    async def claim(number: int) -> Claim | OverLimit:
        news = News(
            comment_id=uuid4(), seq=f"{number + 1}-1", streamer="maya", kind="sold_out", subject=uuid4(),
            buyer_id=buyers[number % 12], product_name="Jacket", quantity=1,
        )  # fmt: skip
        draft = Draft(news.subject, "buyer", "sold_out", "Sold out.", news, news.buyer_id)
        return await notifications.claim(draft, "whatsapp", limit.day + DAY, limit=limit)

    buyers = []
    for number in range(12):
        async with database.transaction() as connection:
            buyers.append(
                await connection.fetchval(
                    "insert into buyers (id, platform, client_id, handle) values ($1, 'tiktok', $2, $2) returning id",
                    uuid4(),
                    f"limited{number}",
                )
            )
    claims = await asyncio.gather(*(claim(number) for number in range(36)))
    let_through = {number % 12 for number, each in enumerate(claims) if isinstance(each, Claim)}
    assert len(let_through) == 5
    assert sum(isinstance(each, Claim) for each in claims) == 15
    async with database.transaction() as connection:
        [(noted, counted, rows)] = await connection.fetch(
            "select (select count(*) from whatsapp_recipients), (select recipients from whatsapp_days), "
            "(select count(*) from payment_notifications)"
        )
    assert (noted, counted, rows) == (5, 5, 15)


async def test_what_is_over_the_pace_of_whatsapp_goes_by_sms(desk: Desk) -> None:
    desk.settings = {"rates": {"whatsapp": MessageRate(0.5, desk.clock)}}
    desk.restart()
    orders = [await desk.order(await desk.buyer(*BOTH)) for _ in range(2)]
    for order in orders:
        await desk.tell(order)
    assert [(await desk.told(order))[0][0] for order in orders] == ["whatsapp", "sms"]


async def test_who_has_one_channel_waits_for_a_turn_and_no_attempt_is_counted(desk: Desk) -> None:
    desk.settings = {"rates": {"sms": MessageRate(0.5, desk.clock)}}
    desk.restart()
    began = desk.clock()
    orders = [await desk.order(await desk.buyer("sms")) for _ in range(4)]
    for order in orders:
        await desk.tell(order)
    assert [await desk.told(order) for order in orders] == [[("sms", "sent", None)]] * 4
    assert desk.clock() - began == pytest.approx(6, abs=0.1)
