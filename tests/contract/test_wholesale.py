"""Plain claims are placed together, and come out as if each had been placed alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.records import MatchedComment, PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.orders import StockRules
from stages.adapters.database.wholesale import Wanted
from tests.contract.stall import NOW, Stall

MAX_AGE = 3600.0


@pytest.fixture
async def stall(database: Database) -> Stall:
    """Ten pieces."""
    return await Stall(database).open(10)


async def together(stall: Stall, claims: Sequence[MatchedComment], spare: int = 0) -> list[str]:
    """Who got an order when these claims were placed together."""
    placed = await stall.orders.place_plain([Wanted(claim, spare) for claim in claims], NOW, MAX_AGE)
    return [claim.viewer.client for claim in claims if claim.comment_id in placed]


async def test_plain_claims_are_placed_in_one_go_with_numbers_in_a_row(stall: Stall) -> None:
    claims = [await stall.claim(name, quantity) for name, quantity in (("ana", 2), ("bo", 1), ("ana", 3))]
    placed = await stall.orders.place_plain([Wanted(claim, 0) for claim in claims], NOW, MAX_AGE)
    orders = [placed[claim.comment_id] for claim in claims]
    numbers = [int(order.order_number.rpartition("-")[2]) for order in orders]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]
    assert [order.total.amount_minor for order in orders] == [2000, 1000, 3000]
    assert await stall.bought("placed") == [("ana", 2), ("bo", 1), ("ana", 3)]
    assert await stall.stock() == 4


async def test_what_was_placed_together_is_found_when_it_is_delivered_again(stall: Stall) -> None:
    claim = await stall.claim("ana", 2)
    placed = await stall.orders.place_plain([Wanted(claim, 0), Wanted(claim, 0)], NOW, MAX_AGE)
    assert await together(stall, [claim]) == []
    assert await stall.orders.place(claim, NOW, MAX_AGE) == placed[claim.comment_id]
    assert await stall.stock() == 8


async def test_where_not_all_are_covered_each_is_left_to_be_placed_in_turn(stall: Stall) -> None:
    claims = [await stall.claim(name, 4) for name in ("ana", "bo", "cy")]
    assert await together(stall, claims) == []
    assert await together(stall, claims[:2], spare=3) == []
    assert await together(stall, claims[:2], spare=2) == ["ana", "bo"]


async def test_the_old_the_retracted_the_waiting_and_the_blocked_are_left_out(stall: Stall) -> None:
    old = await stall.claim("ana")
    assert await stall.orders.place_plain([Wanted(old, 0)], NOW + timedelta(hours=2), MAX_AGE) == {}
    taken_back, blocked, plain = [await stall.claim(name) for name in ("bo", "cy", "di")]
    await stall.change("update chat_messages set retracted_at = now() where id = $1", taken_back.comment_id)
    await stall.place("cy")
    await stall.change(
        "update buyers set blocked_at = now() where handle = 'cy' and client_id like $1", f"{stall.seller}%"
    )
    assert await together(stall, [taken_back, blocked, plain]) == ["di"]


async def test_what_is_sold_in_variants_or_limited_for_each_buyer_is_left_out(stall: Stall) -> None:
    claim = await stall.claim("ana")
    await stall.change("update products set buyer_limit = 1 where id = $1", stall.product)
    assert await together(stall, [claim]) == []
    await stall.change("update products set buyer_limit = null where id = $1", stall.product)
    await stall.variant("blue", 10)
    assert await together(stall, [claim]) == []


async def test_a_buyer_who_claims_more_than_they_may_hold_unpaid_is_left_out(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=3)).open(20)
    await stall.place("ana", 2)
    claims = [await stall.claim("ana"), await stall.claim("bo", 2), await stall.claim("bo", 2)]
    assert await together(stall, claims) == ["ana"]


async def test_a_claim_of_just_the_age_and_pieces_of_just_the_limit_are_plain(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=3)).open(20)
    claim = await stall.claim("ana", 3)
    at_the_last_moment = datetime.fromtimestamp(int(claim.seq.partition("-")[0]) / 1000, UTC) + timedelta(
        hours=1
    )
    placed = await stall.orders.place_plain([Wanted(claim, 0)], at_the_last_moment, MAX_AGE)
    assert list(placed) == [claim.comment_id]


async def test_what_a_buyer_holds_unpaid_under_this_streamer_counts(database: Database) -> None:
    rules = StockRules(buyer_unpaid_limit=3)
    stall, other = await Stall(database, rules).open(20), await Stall(database, rules).open(20)
    await stall.place("ana", 1)
    assert await together(stall, [await stall.claim("ana", 3)]) == []
    assert await together(stall, [await stall.claim("ana", 2)]) == ["ana"]
    elsewhere = (await other.claim("ana", 3)).model_copy(update={"viewer": (await stall.claim("ana")).viewer})
    assert await together(other, [elsewhere]) == ["ana"]


async def test_a_known_buyer_who_holds_nothing_may_claim_up_to_the_limit(database: Database) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=3)).open(20)
    await stall.place("ana", 1)
    await stall.change("update orders set status = 'cancelled' where streamer = $1", stall.seller)
    assert await together(stall, [await stall.claim("ana", 3)]) == ["ana"]


@pytest.mark.parametrize(
    ("verified", "customer", "method", "placed"),
    [(True, "cus", "pm", ["ana"]), (False, "cus", "pm", []), (True, None, "pm", []), (True, "cus", None, [])],
)
async def test_only_who_pays_at_once_may_claim_more_than_the_limit(
    database: Database, verified: bool, customer: str | None, method: str | None, placed: list[str]
) -> None:
    stall = await Stall(database, StockRules(buyer_unpaid_limit=1)).open(20)
    await stall.place("ana", 1)
    await stall.change(
        "update buyers set stripe_customer = $2, payment_method = $3 where client_id = $1",
        f"{stall.seller}/ana",
        customer,
        method,
    )
    assert await together(stall, [await stall.claim("ana", 2, verified=verified)]) == placed


async def test_orders_placed_together_are_held_and_announced_as_each_alone(database: Database) -> None:
    stall = await Stall(database, StockRules(hold_seconds=60)).open(20)
    await stall.change(
        "insert into webhook_endpoints (id, url, secret, events, streamer)"
        " values ($1, 'https://shop.example', 's', $2, $3)",
        uuid4(),
        ["order.placed"],
        stall.seller,
    )
    claims = [await stall.claim(name) for name in ("ana", "bo")]
    placed = await stall.orders.place_plain([Wanted(claim, 0) for claim in claims], NOW, MAX_AGE)
    rows = await stall.rows("select id, placed_at, hold_until from orders where streamer = $1", stall.seller)
    assert {(row["placed_at"], row["hold_until"]) for row in rows} == {(NOW, NOW + timedelta(seconds=60))}
    told = await stall.rows("select event, payload from webhook_deliveries")
    assert {row["event"] for row in told} == {"order.placed"}
    assert {row["payload"]["order"]["id"] for row in told} == {str(each.order_id) for each in placed.values()}


async def test_a_buyer_whom_somebody_else_has_locked_is_not_waited_for(stall: Stall) -> None:
    await stall.place("ana")
    claims = [await stall.claim("ana"), await stall.claim("bo")]
    async with stall.database.transaction() as other:
        await other.execute("select from buyers where client_id = $1 for update", claims[0].viewer.client_id)
        assert await together(stall, claims) == ["bo"]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 12), st.integers(1, 6))
async def test_whatever_is_placed_together_nothing_is_sold_twice(
    database: Database, seed: int, stock: int, limit: int
) -> None:
    dice = Random(seed)
    stall = await Stall(database, StockRules(buyer_unpaid_limit=limit)).open(stock)
    claims = [await stall.claim(dice.choice("abc"), dice.randint(1, 3)) for _ in range(dice.randint(1, 6))]
    placed = await stall.orders.place_plain([Wanted(claim, 0) for claim in claims], NOW, MAX_AGE)
    for claim in claims:
        again = await stall.orders.place(claim, NOW, MAX_AGE)
        if claim.comment_id in placed:
            assert again == placed[claim.comment_id]
    bought = await stall.bought()
    assert await stall.stock() == stock - sum(quantity for _, quantity in bought) >= 0
    assert all(isinstance(order, PlacedOrder) for order in placed.values())
    for name in "abc":
        assert sum(quantity for client, quantity in bought if client == name) <= limit
