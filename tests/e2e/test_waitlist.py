"""Who comes too late waits, and is served when a buyer cancels: through the doors, on real parts."""

from __future__ import annotations

import pytest

from tests.e2e.shop import Shop, Viewer, identity, until

pytestmark = pytest.mark.timeout(300)  # the first comment waits for the catalogs to be described

BUY = "OMG I love this jacket! I want to buy it now!"
ANA = Viewer("ana.first", "6900000000000000101")
BO = Viewer("bo.second", "6900000000000000102")


async def test_a_cancelled_claim_goes_to_who_waits_and_its_pay_link_is_ended(shop: Shop) -> None:
    await shop.rows("update products set stock = 1 where name = 'Blue Denim Jacket' returning id")
    first, second = shop.fields(BUY, ANA), shop.fields(BUY, BO)
    await shop.post(first)
    assert (await shop.end_of(identity(first)))["stage"] == "notify"
    await shop.post(second)
    end = await shop.end_of(identity(second))
    assert (end["stage"], end["outcome"], end["reason"]) == ("order", "dropped", "sold out")
    [place] = await shop.rows("select status from waitlist where comment_id = $1", identity(second))
    assert place["status"] == "waiting"

    cancel = shop.fields("sorry, cancel mine please", ANA)
    await shop.post(cancel)
    end = await shop.end_of(identity(cancel))
    assert (end["stage"], end["reason"]) == ("order", "cancelled")
    order = await shop.row("select * from orders where comment_id = $1", identity(first))
    assert (order["status"], order["cancelled_for"]) == ("cancelled", "buyer")

    async def is_served() -> bool:
        served = await shop.rows("select status from orders where comment_id = $1", identity(second))
        return [row["status"] for row in served] == ["awaiting_payment"]

    async def link_is_ended() -> bool:
        row = await shop.row("select checkout_ended_at from orders where id = $1", order["id"])
        return row["checkout_ended_at"] is not None

    await until(is_served, "who waited has an order and a pay link")
    await until(link_is_ended, "the cancelled order's pay link is ended at the provider")
    await shop.rows("update products set stock = 100 where name = 'Blue Denim Jacket' returning id")
