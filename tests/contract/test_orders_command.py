"""`tiktoksales orders`."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from stages.adapters.database.buyers import Buyer
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.shell import Said, tiktoksales

PHONE, EMAIL = "+15550104242", "bo@shop.example"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        await shop.sell("JACKET", 5)
        await shop.wiring.buyers.put(Buyer("shop", FORMULA, FORMULA, PHONE, "sms", email=EMAIL))
        yield shop


async def order(shop: KeptShop, buyer: str = FORMULA) -> str:
    body = {"product_id": "JACKET", "buyer": buyer, "streamer": shop.streamer, "source": "shop"}
    number: str = (await shop.http.post("/order/create", json=body)).json()["order_number"]
    return number


async def run(shop: KeptShop, *arguments: str) -> Said:
    return await tiktoksales("orders", *arguments, **shop.environment)


async def test_orders_are_listed_by_streamer_status_and_time(shop: KeptShop) -> None:
    paid, other = await order(shop), await order(shop, "cy")
    await shop.execute(
        "update orders set status = 'paid', payment_id = order_number, paid_at = now() where order_number = $1", paid
    )  # fmt: skip
    said = await run(shop, "list", "--streamer", shop.streamer)
    assert paid in said.out
    assert other in said.out
    said = await run(shop, "list", "--streamer", shop.streamer, "--status", "paid", "--since", "1h")
    assert paid in said.out
    assert other not in said.out
    assert other not in (await run(shop, "list", "--since", "2099-01-01")).out


async def test_the_export_for_shipping_has_no_contacts_and_runs_nothing(shop: KeptShop) -> None:
    number = await order(shop)
    said = await run(shop, "export", "--streamer", shop.streamer)
    [row] = csv.DictReader(io.StringIO(said.out))
    assert row["order_number"] == number
    assert (row["sku"], row["quantity"], row["total"], row["currency"]) == ("JACKET", "1", "79.99", "USD")
    assert row["buyer"] == f"'{FORMULA}"
    assert not {PHONE, EMAIL} & set(row.values())


async def test_contacts_are_written_where_they_are_asked_for(shop: KeptShop, tmp_path: Path) -> None:
    await order(shop)
    file = tmp_path / "orders.csv"
    await run(shop, "export", "--streamer", shop.streamer, "--with-contacts", "--to", str(file))
    assert file.stat().st_mode & 0o077 == 0
    [row] = csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")))
    assert (row["phone"], row["email"]) == (f"'{PHONE}", EMAIL)


async def test_an_order_is_shown_whole(shop: KeptShop) -> None:
    number = await order(shop)
    said = await run(shop, "show", number.lower())
    assert "The JACKET (JACKET)" in said.out
    assert PHONE not in said.out
    assert PHONE in (await run(shop, "show", number, "--with-contacts")).out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("show", "ORD-20260101-99999"), 1, "There is no order 'ORD-20260101-99999'"),
        (("list", "--status", "done"), 2, "there is no status 'done'"),
        (("list", "--since", "soon"), 2, "'soon' is no moment"),
    ],
)
async def test_a_wrong_question_is_answered_in_one_sentence(
    shop: KeptShop, arguments: tuple[str, ...], status: int, said: str
) -> None:
    found = await run(shop, *arguments)
    assert found.status == status
    assert said in found.err
    assert "Traceback" not in found.err
