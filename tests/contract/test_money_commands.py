"""`tiktoksales refund` and `tiktoksales commissions`, as they are typed."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from schemas.records import PlacedOrder
from stages.adapters.database import Database
from tests.contract.unpaid_orders import place, stripe_of
from tests.contract.webhook_door import WebhookDoor
from tests.fixtures_sandbox import Sandbox
from tests.shell import Said, tiktoksales


@pytest.fixture
async def shop(database: Database, sandbox: Sandbox) -> AsyncIterator[WebhookDoor]:
    payments = stripe_of(sandbox)
    shop = WebhookDoor(database, sandbox, payments)
    yield shop
    await shop.close()
    await payments.close()


@pytest.fixture
async def order(shop: WebhookDoor) -> PlacedOrder:
    """An order that is paid."""
    card = await shop.payments.customer_with_card("emma", "pm_card_visa", uuid4().hex)
    order = await place(shop.database, card)
    await shop.pay(order)
    return order


@pytest.fixture
def environment(database_url: str, sandbox: Sandbox) -> dict[str, str]:
    return {
        "database_url": database_url,
        "stripe_api_key": sandbox.stripe_key,
        "stripe_webhook_secret": sandbox.webhook_secret,
        "stripe_url": sandbox.url,
    }


async def run(environment: dict[str, str], *arguments: str) -> Said:
    return await tiktoksales(*arguments, **environment)


async def test_a_part_and_then_the_rest_go_back(
    shop: WebhookDoor, order: PlacedOrder, environment: dict[str, str]
) -> None:
    number = order.order_number
    part = await run(environment, "refund", number, "--amount", "12.50", "--reason", "a stain")
    assert part.status == 0
    assert f"$12.50 of order {number} went back" in part.out
    assert (await shop.order(order))["refunded_minor"] == 1250
    rest = await run(environment, "refund", number, "--restock")
    assert "$67.49" in rest.out
    row = await shop.order(order)
    assert (row["status"], row["refunded_minor"]) == ("refunded", 7999)
    assert await shop.rows("select stock from products where streamer = $1", order.streamer) == [(1,)]
    too_late = await run(environment, "refund", number)
    assert (too_late.status, "only $0.00 can be given back" in too_late.err) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--amount", "80"), "only $79.99 can be given back"),
        (("--amount", "0"), "Nothing is no refund"),
        (("--amount", "1.005"), "more decimals than USD"),
        (("--amount", "1", "--restock"), "only with all that is left"),
    ],
)
async def test_a_refund_that_can_not_be_is_refused_in_words(
    order: PlacedOrder, environment: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    said = await run(environment, "refund", order.order_number, *arguments)
    assert said.status == 1
    assert words in said.err
    assert "Traceback" not in said.err


async def test_a_refund_that_the_provider_can_not_answer_is_said_to_go_on(
    sandbox: Sandbox, order: PlacedOrder, environment: dict[str, str]
) -> None:
    sandbox.arm("stripe", "unavailable", path_prefix="/v1/refunds")
    said = await run(environment, "refund", order.order_number)
    assert said.status == 0
    assert "don't repeat it" in " ".join(said.out.split())


async def test_an_unknown_order_or_streamer_is_said_so(environment: dict[str, str]) -> None:
    for arguments in (("refund", "ORD-20200101-00001"), ("refund", "ORD-20200101-00001", "--amount", "1")):
        said = await run(environment, *arguments)
        assert (said.status, "There is no order ORD-20200101-00001" in said.err) == (1, True)
    said = await run(environment, "commissions", "nobody")
    assert (said.status, "No streamer 'nobody' is registered" in said.err) == (1, True)


async def test_commissions_are_shown_row_by_row_and_as_csv(
    order: PlacedOrder, environment: dict[str, str]
) -> None:
    await run(environment, "refund", order.order_number, "--amount", "19.99")
    shown = await run(environment, "commissions", order.streamer, "--pay-to", "acct_1")
    assert shown.status == 0
    assert "owed $6.00, of that payable now $0.00; paid out so far $0.00." in shown.out
    assert "-$2.00" in shown.out
    said = await run(environment, "commissions", order.streamer, "--csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert [(row["kind"], row["net_paid"], row["commission"]) for row in rows] == [
        ("accrued", "79.99", "8.00"),
        ("corrected", "60.00", "-2.00"),
    ]
    assert {(row["comment_id"], row["order_number"], row["currency"]) for row in rows} == {
        (str(order.comment_id), order.order_number, "USD")
    }
