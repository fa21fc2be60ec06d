"""Stock is shared out first come, first served, and never falls below nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Literal
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.records import PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.orders import (
    Blocked,
    Contested,
    OverLimit,
    Retracted,
    SoldOut,
    StockRules,
    TooOld,
    VariantNeeded,
)
from stages.adapters.database.waitlist import give_back
from tests.contract.stall import NOW, Stall
from tests.e2e.shop import until

LATER = NOW + timedelta(minutes=31)


@pytest.fixture
async def stall(database: Database) -> Stall:
    """Three pieces."""
    return await Stall(database).open(3)


async def test_what_is_missing_of_a_quantity_waits(stall: Stall) -> None:
    placed = await stall.place("ana", 5)
    assert isinstance(placed, PlacedOrder)
    assert (placed.quantity, placed.total.amount_minor) == (3, 3000)
    assert await stall.waiting() == [("ana", 2)]
    assert await stall.told("waitlisted") == ["ana"]
    assert await stall.stock() == 0


async def test_a_claim_on_nothing_waits_and_finds_its_place_again(stall: Stall) -> None:
    await stall.place("ana", 3)
    claim = await stall.claim("bo")
    for _ in range(2):
        assert await stall.orders.place(claim, NOW, 3600) == SoldOut(waits=True)
    assert await stall.waiting() == [("bo", 1)]
    assert await stall.told("waitlisted") == ["bo"]


async def test_without_a_waitlist_who_comes_late_is_told_that_nothing_is_left(database: Database) -> None:
    stall = await Stall(database, StockRules(waitlist=False)).open(1)
    await stall.place("ana")
    assert await stall.place("bo") == SoldOut(waits=False)
    assert (await stall.waiting(), await stall.told("sold_out")) == ([], ["bo"])


async def test_pieces_that_others_may_want_first_are_not_given_away(stall: Stall) -> None:
    claim = await stall.claim("ana", 2)
    assert await stall.orders.place(claim, NOW, 3600, spare=2) == Contested()
    assert isinstance(await stall.orders.place(claim, NOW, 3600, spare=1), PlacedOrder)


async def test_who_was_longer_on_the_way_than_others_wait_is_told_apart(stall: Stall) -> None:
    slow = await stall.claim("ana")
    await stall.place("bo", 3)
    assert await stall.orders.place(slow, NOW, 3600) == SoldOut(waits=True, overtaken=True)
    await stall.place("cy")
    assert await stall.waiting() == [("ana", 1), ("cy", 1)]


async def test_a_variant_takes_from_its_own_stock_and_the_products(stall: Stall) -> None:
    small, large = await stall.variant("S", 1), await stall.variant("L", 2)
    assert isinstance(await stall.place("ana", 1, small), PlacedOrder)
    assert await stall.place("bo", 1, small) == SoldOut(waits=True)
    assert isinstance(await stall.place("cy", 2, large), PlacedOrder)
    assert await stall.stock() == 0
    rows = await stall.rows("select stock from product_variants where product_id = $1", stall.product)
    assert [row["stock"] for row in rows] == [0, 0]
    [order] = await stall.rows(
        "select variant_id from orders where quantity = 2 and streamer = $1", stall.seller
    )
    assert order["variant_id"] == large


async def test_freed_pieces_of_a_variant_go_to_who_waits_for_it(stall: Stall) -> None:
    small, large = await stall.variant("S", 1), await stall.variant("L", 2)
    for client, variant in (("ana", small), ("bo", large), ("cy", large), ("di", small), ("ed", large)):
        await stall.place(client, 1, variant)
    assert await stall.waiting() == [("di", 1), ("ed", 1)]
    async with stall.database.transaction() as connection:
        await give_back(connection, stall.product, large, 1, NOW, stall.rules)
    assert await stall.waiting() == [("di", 1)]
    assert await stall.sent_to_payment() == ["ed"]


async def test_a_product_in_variants_is_not_sold_without_one(stall: Stall) -> None:
    await stall.variant("S", 3)
    assert await stall.place("ana") == VariantNeeded()
    assert await stall.stock() == 3


async def test_nobody_hoards_unpaid_pieces(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=4)).open(100)
    assert isinstance(await stall.place("ana", 3), PlacedOrder)
    assert await stall.place("ana", 2) == OverLimit(4)
    assert isinstance(await stall.place("ana", 1), PlacedOrder)
    assert await stall.place("ana", 1) == OverLimit(4)
    await stall.change(
        "update orders set status = 'paid', payment_id = 'pi_' || id, paid_at = now() where streamer = $1",
        stall.seller,
    )
    assert isinstance(await stall.place("ana", 4), PlacedOrder)


async def test_a_products_own_limit_counts_what_was_bought(stall: Stall) -> None:
    await stall.change("update products set buyer_limit = 2 where id = $1", stall.product)
    for _ in range(2):
        assert isinstance(await stall.place("ana", 1, verified=True), PlacedOrder)
    await stall.change(
        "update orders set status = 'paid', payment_id = 'pi_' || id, paid_at = now() where streamer = $1",
        stall.seller,
    )
    assert await stall.place("ana", 1, verified=True) == OverLimit(2)


async def test_who_pays_at_once_holds_nothing_unpaid(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=1)).open(5)
    assert isinstance(await stall.place("ana", 1, verified=True), PlacedOrder)
    buyer = f"{stall.seller}/ana"
    await stall.change("update buyers set stripe_customer = 'cus' where client_id = $1", buyer)
    assert await stall.place("ana", 2, verified=True) == OverLimit(1), "a customer without a card"
    await stall.change("update buyers set payment_method = 'pm' where client_id = $1", buyer)
    assert isinstance(await stall.place("ana", 2, verified=True), PlacedOrder)
    assert await stall.place("ana", 2, verified=False) == OverLimit(1)


async def test_the_claims_of_one_buyer_are_counted_one_by_one(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=4)).open(100)
    await stall.place("ana", 2)
    async with stall.database.transaction() as connection:  # as a claim on another product does
        buyer = f"{stall.seller}/ana"
        await connection.execute("select from buyers where client_id = $1 for no key update", buyer)
        second = asyncio.create_task(stall.place("ana", 2))
        await until(partial(somebody_waits, stall), "the second claim waits for the first")
        await connection.execute(
            "update orders set quantity = 3, amount_minor = 3000 where streamer = $1", stall.seller
        )
    assert await second == OverLimit(4)


async def somebody_waits(stall: Stall) -> bool:
    query = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    return bool(await stall.rows(query))


async def test_an_order_says_which_variant_it_is_of_and_is_announced(stall: Stall) -> None:
    small, endpoint = await stall.variant("S", 2), uuid4()
    await stall.change(
        "insert into webhook_endpoints (id, url, secret, events, streamer) values ($1, 'https://h/x', 's', $2, $3)",
        endpoint, ["order.placed"], stall.seller,
    )  # fmt: skip
    claim = (await stall.claim("ana", 1, small)).model_copy(update={"variant": "S"})
    placed = await stall.orders.place(claim, NOW, 3600)
    assert isinstance(placed, PlacedOrder)
    [order] = await stall.rows("select id, variant from orders where streamer = $1", stall.seller)
    assert (order["id"], order["variant"]) == (placed.order_id, "S")
    [told] = await stall.rows(
        "select event, payload -> 'order' ->> 'id' as id from webhook_deliveries where endpoint_id = $1",
        endpoint,
    )
    assert (told["event"], told["id"]) == ("order.placed", str(placed.order_id))


async def test_a_blocked_buyer_gets_nothing_and_loses_the_place(stall: Stall) -> None:
    await stall.place("ana", 3)
    await stall.place("bo")
    await stall.change("update buyers set blocked_at = now() where client_id = $1", f"{stall.seller}/bo")
    assert await stall.place("bo") == Blocked()
    async with stall.database.transaction() as connection:
        await give_back(connection, stall.product, None, 1, NOW, stall.rules)
    assert (await stall.stock(), await stall.waiting()) == (1, [])


async def test_a_retracted_comment_makes_no_order(stall: Stall) -> None:
    claim = await stall.claim("ana")
    await stall.change("update chat_messages set retracted_at = now() where id = $1", claim.comment_id)
    assert await stall.orders.place(claim, NOW, 3600) == Retracted()


async def test_who_waited_too_long_is_not_served(stall: Stall) -> None:
    await stall.place("ana", 3)
    await stall.place("bo")
    async with stall.database.transaction() as connection:
        await give_back(connection, stall.product, None, 1, NOW + timedelta(days=1), stall.rules)
    assert (await stall.stock(), await stall.waiting(), await stall.sent_to_payment()) == (1, [], [])


async def test_who_waits_for_no_variant_is_passed_over_once_there_are_some(stall: Stall) -> None:
    await stall.place("ana", 3)
    await stall.place("bo")
    small = await stall.variant("S", 0)
    await stall.place("cy", 1, small)
    async with stall.database.transaction() as connection:
        await give_back(connection, stall.product, small, 2, NOW, stall.rules)
    assert await stall.sent_to_payment() == ["cy"]
    assert (await stall.waiting(), await stall.stock()) == ([("bo", 1)], 1)


async def test_who_may_have_no_more_of_a_product_is_passed_over(stall: Stall) -> None:
    for client, pieces in (("ana", 2), ("bo", 1), ("ana", 1), ("cy", 1)):
        await stall.place(client, pieces)
    await stall.change("update products set buyer_limit = 2 where id = $1", stall.product)
    async with stall.database.transaction() as connection:
        await give_back(connection, stall.product, None, 2, NOW, stall.rules)
    assert await stall.sent_to_payment() == ["cy"]
    assert (await stall.waiting(), await stall.stock()) == ([("ana", 1)], 1)


async def test_a_place_ends_when_the_last_of_its_pieces_is_given(stall: Stall) -> None:
    await stall.place("ana", 3)
    await stall.place("bo", 2)
    ended = []
    for minutes in (1, 2):
        async with stall.database.transaction() as connection:
            later = NOW + timedelta(minutes=minutes)
            await give_back(connection, stall.product, None, 1, later, stall.rules)
        [place] = await stall.rows("select status, ended_at from waitlist where streamer = $1", stall.seller)
        ended.append((place["status"], place["ended_at"]))
    assert ended == [("waiting", None), ("served", NOW + timedelta(minutes=2))]


async def test_a_claim_is_too_old_once_it_is_older_than_that(stall: Stall) -> None:
    claim = await stall.claim("ana")
    came = datetime.fromtimestamp(int(claim.seq.partition("-")[0]) / 1000, UTC)
    assert await stall.orders.place(claim, came + timedelta(seconds=60.001), 60) == TooOld()
    assert isinstance(await stall.orders.place(claim, came + timedelta(seconds=60), 60), PlacedOrder)


async def test_as_many_claims_at_once_as_you_like_sell_what_there_is(database: Database) -> None:
    stall = await Stall(database).open(20)
    claims = [await stall.claim(f"viewer_{number}") for number in range(100)]
    Random(5).shuffle(claims)
    await asyncio.gather(*(stall.orders.place(claim, NOW, 3600) for claim in claims))
    assert (len(await stall.bought()), await stall.stock()) == (20, 0)
    waiting = [client for client, _ in await stall.waiting()]
    assert len(waiting) == 80
    assert waiting == sorted(waiting, key=lambda client: int(client.removeprefix("viewer_")))


@dataclass(frozen=True)
class Step:
    """Something that somebody does to the stock: `what`, with how many `pieces` of which variant."""

    what: Literal["place", "cancel", "expire", "restock", "pay"]
    client: str
    pieces: int
    variant: int

    async def take(self, stall: Stall, variants: Sequence[UUID | None]) -> None:
        variant = variants[self.variant % len(variants)]
        match self.what:
            case "place":
                await stall.place(self.client, self.pieces, variant)
            case "cancel":
                await stall.orders.cancel_claim(await stall.cancel(self.client), NOW)
            case "expire":
                await stall.await_payment()
                for hold in await stall.holds.ended(LATER, self.pieces):
                    await stall.holds.expire(hold.order_id, LATER)
            case "restock":
                async with stall.database.transaction() as connection:
                    await give_back(connection, stall.product, variant, self.pieces, NOW, stall.rules)
            case "pay":
                await stall.change(
                    "update orders set status = 'paid', payment_id = 'pi_' || id, paid_at = now() "
                    "where id = (select id from orders where streamer = $1 and status <> 'cancelled' limit 1) "
                    "and status <> 'cancelled'",
                    stall.seller,
                )


_STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from(["place", "place", "cancel", "expire", "restock", "pay"]),
        st.sampled_from(["ana", "bo", "cy"]),
        st.integers(1, 4),
        st.integers(0, 1),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(_STEPS, min_size=1, max_size=4), in_variants=st.booleans())
async def test_pieces_are_neither_made_nor_lost_whatever_happens_at_once(
    database: Database, rounds: list[list[Step]], in_variants: bool
) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=1000, hold_seconds=60)).open(4)
    variants = [await stall.variant("S", 2), await stall.variant("L", 2)] if in_variants else [None]
    made = 4
    for steps in rounds:
        await asyncio.gather(*(step.take(stall, variants) for step in steps))
        made += sum(step.pieces for step in steps if step.what == "restock")
        sold = sum(pieces for _, pieces in await stall.bought())
        assert made == await stall.stock() + sold
        for variant in variants:
            assert not (await waits_for(stall, variant) and await left_of(stall, variant))
    assert await unaccounted(stall) == []


async def left_of(stall: Stall, variant: UUID | None) -> int:
    query = "select stock from product_variants where id = $1"
    return (await stall.rows(query, variant))[0]["stock"] if variant else await stall.stock()


async def waits_for(stall: Stall, variant: UUID | None) -> bool:
    query = "select from waitlist where streamer = $1 and status = 'waiting' and variant_id is not distinct from $2"
    return bool(await stall.rows(query, stall.seller, variant))


async def unaccounted(stall: Stall) -> list[object]:
    """Orders that were not mapped to their comment."""
    return list(
        await stall.rows(
            "select o.id from orders as o left join chat_message_order_mapping as m on m.order_id = o.id "
            "where o.streamer = $1 and m.comment_id is distinct from o.comment_id",
            stall.seller,
        )
    )
