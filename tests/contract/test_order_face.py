"""Orders that the shop's own software places."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from stages.adapters.database.buyers import Buyer
from stages.adapters.database.offers import Variant
from tests.contract.kept_shop import KeptShop, kept_shop


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        yield shop


async def create(shop: KeptShop, key: str | None = None, **changed: Any) -> httpx.Response:
    body = {"product_id": "JACKET", "buyer": "bo", "streamer": shop.streamer, "source": "shop", "quantity": 1}
    headers = {"Idempotency-Key": key} if key else {}
    return await shop.http.post("/order/create", json={**body, **changed}, headers=headers)


async def left(shop: KeptShop, product: UUID) -> int:
    [row] = await shop.rows("select stock from products where id = $1", product)
    return int(row["stock"])


async def placed(shop: KeptShop) -> list[Any]:
    query = "select * from orders where streamer = $1 order by placed_at"
    return [dict(row) for row in await shop.rows(query, shop.streamer)]


async def test_an_order_is_placed_with_its_stock_and_goes_on_to_payment(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 5, 7990)
    answer = await create(shop, quantity=2, product_id=str(product))
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == [
        "order_id", "order_number", "status", "total_price", "product_name", "currency",
    ]  # fmt: skip
    assert (body["status"], body["total_price"], body["product_name"]) == ("placed", 159.8, "The JACKET")
    assert b'"total_price":159.80' in answer.content
    [order] = await placed(shop)
    assert (str(order["id"]), order["order_number"], order["quantity"]) == (
        body["order_id"], body["order_number"], 2,
    )  # fmt: skip
    assert await left(shop, product) == 3
    [row] = await shop.rows("select stage, record from outbox where comment_id = $1", order["comment_id"])
    assert row["stage"] == "payment"
    assert row["record"]["viewer"]["verified"] is False
    [comment] = await shop.rows(
        "select kind, client, platform from chat_messages where id = $1", order["comment_id"]
    )
    assert tuple(comment) == ("order", "bo", "shop")


async def test_a_repeated_request_gets_the_same_answer_and_makes_one_order(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 5)
    first = await create(shop, "k-1" + shop.streamer)
    await shop.execute("update orders set status = 'awaiting_payment' where streamer = $1", shop.streamer)
    again = await create(shop, "k-1" + shop.streamer)
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert await left(shop, product) == 4


async def test_a_key_is_good_for_one_request(shop: KeptShop) -> None:
    await shop.sell("JACKET", 5)
    await create(shop, "k-2" + shop.streamer)
    for changed in ({"quantity": 2}, {"buyer": "cy"}, {"product_id": "NONE"}):
        answer = await create(shop, "k-2" + shop.streamer, **changed)
        assert (answer.status_code, answer.json()["ok"]) == (422, False)
    assert len(await placed(shop)) == 1


async def test_the_same_request_at_the_same_moment_makes_one_order(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 5)
    answers = await asyncio.gather(*(create(shop, "k-3" + shop.streamer) for _ in range(8)))
    assert {answer.content for answer in answers} == {answers[0].content}
    assert answers[0].status_code == 200
    assert await left(shop, product) == 4


async def test_without_a_key_each_request_is_an_order(shop: KeptShop) -> None:
    await shop.sell("JACKET", 5)
    await create(shop)
    await create(shop)
    assert len(await placed(shop)) == 2


async def test_the_stock_is_never_oversold_and_no_part_is_given(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 5)
    answers = await asyncio.gather(*(create(shop, buyer=f"b{n}", quantity=2) for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409, 409]
    [refused, *_] = [answer.json() for answer in answers if answer.status_code == 409]
    assert (refused["ok"], refused["reason"]) == (False, "sold out")
    assert await left(shop, product) == 1
    assert await shop.rows("select from waitlist where streamer = $1", shop.streamer) == []
    assert len(await shop.rows("select from chat_messages where streamer = $1", shop.streamer)) == 2


async def test_a_refused_request_may_succeed_later_under_its_key(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 0)
    assert (await create(shop, "k-4" + shop.streamer)).status_code == 409
    await shop.execute("update products set stock = 1 where id = $1", product)
    assert (await create(shop, "k-4" + shop.streamer)).status_code == 200


async def test_a_variant_is_named_and_has_its_own_price_and_stock(shop: KeptShop) -> None:
    product = await shop.sell("TEE", 4, variants=(Variant("navy / M", 1), Variant("navy / L", 3)))
    unnamed = await create(shop, product_id="TEE")
    assert (unnamed.status_code, "say which" in unnamed.json()["error"]) == (422, True)
    assert (await create(shop, product_id="TEE", variant="red / M")).status_code == 404
    assert (await create(shop, product_id="TEE", variant="Navy / M")).status_code == 200
    assert (await create(shop, product_id="TEE", variant="navy / m")).status_code == 409
    assert await left(shop, product) == 3


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"streamer": "nobody"}, 404, "There is no streamer 'nobody'."),
        ({"product_id": "NONE"}, 404, "sells no product 'NONE'."),
        ({"quantity": 0}, 422, "quantity: "),
        ({"quantity": "two"}, 422, "quantity: "),
        ({"buyer": ""}, 422, "buyer: "),
        ({"source": None}, 422, "source: "),
        ({"quantity": 11}, 409, "One buyer may have 10 pieces at most."),
    ],
)
async def test_what_can_not_be_ordered_is_refused_with_a_reason(
    shop: KeptShop, changed: dict[str, Any], status: int, said: str
) -> None:
    await shop.sell("JACKET", 50)
    answer = await create(shop, **changed)
    assert answer.status_code == status
    assert said in answer.json()["error"]
    assert await placed(shop) == []


async def test_a_product_of_another_streamer_is_unknown(shop: KeptShop) -> None:
    await shop.sell("JACKET", 5)
    await shop.execute("insert into streamers (handle, name, currency) values ('other', 'O', 'USD')")
    assert (await create(shop, streamer="other")).status_code == 404


async def test_no_saved_card_is_charged_for_whoever_names_its_owner(shop: KeptShop) -> None:
    await shop.sell("JACKET", 5)
    await shop.wiring.buyers.put(Buyer("shop", "bo", "bo", stripe_customer="cus_1", payment_method="pm_1"))
    await create(shop)
    [order] = await placed(shop)
    [comment] = await shop.rows("select verified from chat_messages where id = $1", order["comment_id"])
    assert comment["verified"] is False


@pytest.mark.parametrize(("currency", "digits"), [("JPY", b"15980"), ("KWD", b"15.980"), ("USD", b"159.80")])
async def test_the_total_has_the_decimals_of_its_currency(
    redis_url: str, database_url: str, tmp_path: Path, currency: str, digits: bytes
) -> None:
    async with kept_shop(redis_url, database_url, tmp_path, currency=currency) as shop:
        await shop.sell("JACKET", 5, 15980)
        answer = await create(shop)
    assert b'"total_price":' + digits + b"," in answer.content
    assert orjson.loads(answer.content)["currency"] == currency


async def test_an_earlier_comment_on_its_way_may_have_the_last_piece(shop: KeptShop) -> None:
    product = await shop.sell("JACKET", 1)
    redis, keys = shop.wiring.redis, shop.wiring.keys
    await redis.execute_command("XGROUP", "CREATE", keys.comments, "ingest", "0", "MKSTREAM")
    await shop.http.post("/comments", json={"streamer": shop.streamer, "client": "ana", "message": "mine"})
    await redis.execute_command("XREADGROUP", "GROUP", "ingest", "c", "STREAMS", keys.comments, ">")
    waiting = asyncio.create_task(create(shop))
    done, _ = await asyncio.wait({waiting}, timeout=0.4)
    assert not done
    await shop.execute("update products set stock = 0 where id = $1", product)
    assert (await waiting).status_code == 409
