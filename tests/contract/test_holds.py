"""Holds run out: the buyer is reminded, the pay link is ended, and the pieces go to who waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from schemas.records import PlacedOrder
from stages.adapters.database import Database
from stages.adapters.payments import Bill, PaymentUnavailable, StripePayments
from stages.holds import HoldKeeper
from tests.contract.stall import NOW, Stall

LATER = NOW + timedelta(minutes=31)


@pytest.fixture
async def database(new_database: Callable[[], str]) -> AsyncIterator[Database]:
    """A database of each test's own: a round looks at all holds there are."""
    own = await Database.connect(new_database())
    yield own
    await own.close()


@pytest.fixture
async def stall(database: Database) -> Stall:
    """Two pieces."""
    return await Stall(database).open(2)


def keeper(stall: Stall, checkouts: Any, moment: datetime) -> HoldKeeper:
    return HoldKeeper(
        stall.holds,
        checkouts,
        now=lambda: moment,
        remind_before_seconds=300,
        away=(PaymentUnavailable,),
    )


class NoLinks:
    """Ends every link."""

    async def expire_checkout(self, session_id: str) -> str:
        return "expired"


async def link(stall: Stall, payments: StripePayments, order: PlacedOrder) -> str:
    """The url of a pay link at which the order waits."""
    bill = Bill(
        order_id=str(order.order_id),
        order_number=f"{order.order_number}-{stall.seller[-8:]}",
        amount_minor=1000,
        currency="USD",
        product_name="Jacket",
        buyer=order.viewer.client,
        streamer=stall.seller,
        comment_id=str(order.comment_id),
    )
    opened = await payments.open_checkout(bill, 1800, f"checkout:{order.order_id}")
    await stall.orders.await_payment(order.order_id, opened.session_id, opened.url)
    return opened.url


async def status_of(stall: Stall, order: UUID) -> tuple[str, str | None]:
    [row] = await stall.rows("select status, cancelled_for from orders where id = $1", order)
    return row["status"], row["cancelled_for"]


async def test_a_hold_that_runs_out_gives_its_pieces_to_the_next(
    stall: Stall, payments: StripePayments, browser: httpx.AsyncClient
) -> None:
    order = await stall.place("ana", 2)
    assert isinstance(order, PlacedOrder)
    await stall.place("bo", 3)
    url = await link(stall, payments, order)
    assert await keeper(stall, payments, NOW + timedelta(minutes=29)).look() == 0
    assert await keeper(stall, payments, LATER).look() == 1
    assert await status_of(stall, order.order_id) == ("cancelled", "hold expired")
    assert (await stall.bought(), await stall.waiting()) == ([("bo", 2)], [("bo", 1)])
    assert (await stall.told("cancelled"), await stall.sent_to_payment()) == (["ana"], ["bo"])
    page = await browser.get(url)
    assert page.status_code == 410 or "expired" in page.text.lower()


async def test_a_link_that_was_paid_in_time_is_left_to_the_providers_event(
    stall: Stall, payments: StripePayments, browser: httpx.AsyncClient
) -> None:
    order = await stall.place("ana", 2)
    assert isinstance(order, PlacedOrder)
    url = await link(stall, payments, order)
    await browser.post(url, data={"card": "4242424242424242"})
    assert await keeper(stall, payments, LATER).look() == 0
    assert await status_of(stall, order.order_id) == ("awaiting_payment", None)
    assert await stall.stock() == 0


async def test_an_order_on_its_way_to_payment_does_not_expire(stall: Stall) -> None:
    order = await stall.place("ana")
    assert isinstance(order, PlacedOrder)
    assert await keeper(stall, NoLinks(), LATER).look() == 0
    assert await status_of(stall, order.order_id) == ("placed", None)


async def test_the_buyer_is_reminded_once(stall: Stall) -> None:
    await stall.place("ana")
    await stall.await_payment()
    for minutes, told in ((24, []), (26, ["ana"]), (28, ["ana"])):
        await keeper(stall, NoLinks(), NOW + timedelta(minutes=minutes)).look()
        assert await stall.told("hold_expiring") == told


async def test_while_the_provider_is_away_nothing_is_given_away(stall: Stall) -> None:
    class Away:
        async def expire_checkout(self, session_id: str) -> str:
            raise PaymentUnavailable("connection", "out of reach")

    await stall.place("ana", 2)
    await stall.await_payment()
    with pytest.raises(PaymentUnavailable):
        await keeper(stall, Away(), LATER).look()
    assert (await stall.stock(), await stall.bought("awaiting_payment")) == (0, [("ana", 2)])


async def test_who_lets_a_hold_run_out_is_not_the_next_to_be_served(stall: Stall) -> None:
    await stall.place("ana", 3)  # two, and waits for one
    await stall.place("bo")
    await stall.await_payment()
    assert await keeper(stall, NoLinks(), LATER).look() == 1
    assert (await stall.bought(), await stall.waiting(), await stall.stock()) == ([("bo", 1)], [], 1)


async def test_the_pay_link_of_a_cancelled_order_is_ended_once(stall: Stall) -> None:
    ended: list[str] = []

    class Noting:
        async def expire_checkout(self, session_id: str) -> str:
            ended.append(session_id)
            return "expired"

    order = await stall.place("ana")
    assert isinstance(order, PlacedOrder)
    await stall.await_payment()
    await stall.orders.cancel_claim(await stall.cancel("ana"), NOW)
    for _ in range(2):
        await keeper(stall, Noting(), NOW).look()
    assert ended == [f"cs_{order.order_id}"]


async def test_a_link_that_comes_after_the_cancellation_is_ended_too(stall: Stall) -> None:
    order = await stall.place("ana")
    assert isinstance(order, PlacedOrder)
    await stall.orders.cancel_claim(await stall.cancel("ana"), NOW)
    late = await stall.orders.await_payment(
        order.order_id, f"cs_late_{order.order_id}", "https://pay.example/late"
    )
    assert late.status == "cancelled"
    assert [each.session_id for each in await stall.holds.open_checkouts(10)] == [f"cs_late_{order.order_id}"]
    await stall.holds.end_checkout(order.order_id, NOW)


@pytest.mark.parametrize(
    ("left", "revived"), [(1, True), (0, False)], ids=["while there are pieces", "not else"]
)
async def test_a_cancelled_order_holds_its_pieces_again(database: Database, left: int, revived: bool) -> None:
    stall = await Stall(database).open(1)
    order = await stall.place("ana")
    assert isinstance(order, PlacedOrder)
    await stall.await_payment()
    assert await stall.holds.expire(order.order_id, LATER)
    if not left:
        await stall.place("bo")
    assert await stall.orders.revive(order.order_id, LATER) is revived
    assert (await status_of(stall, order.order_id))[0] == ("awaiting_payment" if revived else "cancelled")
    assert await stall.stock() == 0
    assert await stall.orders.revive(order.order_id, LATER) is False  # it is not cancelled any more, or sold


async def test_a_round_ends_the_longest_run_out_first_and_no_more_than_it_can(database: Database) -> None:
    stall = await Stall(database).open(60)
    for number in range(60):
        await stall.place(f"viewer_{number}")
    await stall.await_payment()
    await stall.change(
        "update orders set hold_until = hold_until + interval '1 hour' where order_number > 'ORD-20260101-00055'"
    )
    assert [await keeper(stall, NoLinks(), LATER).look() for _ in range(3)] == [50, 5, 0]
    assert await stall.stock() == 55
