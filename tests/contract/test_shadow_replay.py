"""Shadow replay: says what would be judged otherwise today, and changes nothing."""

from __future__ import annotations

from contextlib import nullcontext
from uuid import UUID

import asyncpg
import pytest

from stages.adapters.database.catalog import product_id
from stages.replay.diff import Comparison
from stages.replay.request import Request
from stages.replay.shadow import compare
from stages.wiring import Wiring
from tests.contract.past_shop import ANA, EVER, PastShop

BAG = product_id(ANA, "BAG")


async def shadow(shop: PastShop, **request: object) -> Comparison:
    return await compare(shop.settings, Request(**{"span": EVER, **request}), nullcontext)  # type: ignore[arg-type]


async def unorder(shop: PastShop, comment: UUID) -> None:
    """As if the comment had been judged to be no buy."""
    await shop.change("alter table commissions disable trigger commissions_only_grow")
    order = "order_id in (select id from orders where comment_id = $1)"
    for query in (
        f"delete from payment_notifications where {order}",  # noqa: S608 - our own words
        f"delete from commissions where {order}",  # noqa: S608
        f"delete from payment_attempts where {order}",  # noqa: S608
        "delete from chat_message_order_mapping where comment_id = $1",
        "delete from orders where comment_id = $1",
        "delete from product_matches where comment_id = $1",
        "update end_states set stage = 'intent', outcome = 'dropped', reason = 'feedback' where comment_id = $1",
        "update chat_messages set nlp_intent = 'feedback', nlp_score = 0.6 where id = $1",
    ):
        await shop.change(query, comment)


def changes(comparison: Comparison) -> dict[UUID, str]:
    return {each.comment.comment_id: each.change for each in comparison.differences}


@pytest.mark.parametrize("from_database", [False, True])
async def test_altered_judgements_are_found(shop: PastShop, from_database: bool) -> None:
    same = await shop.past_comment("I buy it", minutes=15)
    newly = await shop.past_comment("I buy it", minutes=14)
    no_longer = await shop.past_comment("so buy", minutes=13)
    other = await shop.past_comment("I buy it", minutes=12)
    intent = await shop.past_comment("so cute", minutes=11)
    await shop.repaired()
    await unorder(shop, newly)
    await shop.change("update chat_messages set message = 'so cute' where id = $1", no_longer)
    await shop.change(
        "update orders set product_id = $2, product_name = 'Red Bag' where comment_id = $1", other, BAG
    )
    await shop.change("update chat_messages set nlp_intent = 'question' where id = $1", intent)
    found = await shadow(shop, from_database=from_database)
    expected = {newly: "newly", other: "other_product", intent: "intent"}
    # The stream still holds what the viewer really wrote.
    assert changes(found) == expected | ({no_longer: "no_longer"} if from_database else {})
    assert found.comments == 5
    assert same not in changes(found)
    row = next(row for row in found.as_json()["rows"] if row["change"] == "other_product")
    assert (row["stored"]["product"], row["now"]["product"], row["now"]["end"]) == (
        "Red Bag",
        "Denim Jacket",
        "order",
    )


async def test_another_model_makes_the_difference(shop: PastShop) -> None:
    await shop.past_comment("I buy it")
    await shop.repaired()
    shop.matcher.sku = "BAG"
    assert (await shadow(shop)).in_words() == (
        "1 comment, 0 would newly be orders, 0 would no longer, 1 would be of another product."
    )
    shop.matcher.score = 0.5
    assert (await shadow(shop)).in_words() == "1 comment, 0 would newly be orders, 1 would no longer."


async def test_a_threshold_makes_the_difference(shop: PastShop) -> None:
    shop.matcher.score = 0.6
    await shop.past_comment("I buy it")
    await shop.repaired()
    lower = shop.settings.model_copy(update={"match_threshold": 0.5})
    found = await compare(lower, Request(EVER), nullcontext)
    assert found.in_words() == "1 comment, 1 would newly be an order, 0 would no longer."


async def test_who_was_turned_away_as_sold_out_had_claimed(shop: PastShop) -> None:
    await shop.change("update products set stock = 0")
    await shop.past_comment("I buy it")
    await shop.repaired()
    assert changes(await shadow(shop)) == {}


async def test_what_is_not_stored_yet_is_said(shop: PastShop) -> None:
    await shop.past_comment("I buy it", minutes=12)
    await shop.past_comment("so cute", minutes=11)
    found = await shadow(shop)
    assert found.in_words() == (
        "2 comments, 0 would newly be orders, 0 would no longer, 2 have no end stored yet (1 of them claims)."
    )
    assert [row["stored"] for row in found.as_json()["rows"]] == [None, None]


async def test_an_order_whose_frames_are_gone_is_not_counted_as_lost(shop: PastShop) -> None:
    await shop.past_comment("I buy it")
    await shop.repaired()
    shop.remove_frames()
    found = await shadow(shop)
    assert (found.counts["no_longer"], found.counts["frames_gone"]) == (0, 1)


async def test_repetitions_retracts_and_garbage_are_not_judged(shop: PastShop) -> None:
    await shop.past_comment("so cute", minutes=15, message_id="one")
    await shop.past_comment("so cute", minutes=14, message_id="one")
    await shop.past_comment("never mind", minutes=13, kind="retract")
    await shop.xadd(int(shop.ago(12).timestamp() * 1000), {"nonsense": "1"})
    before = await shadow(shop)
    await shop.repaired()
    for found in (before, await shadow(shop)):
        assert (found.comments, found.unreadable) == (1, 1)


async def test_a_shadow_replay_changes_nothing(shop: PastShop) -> None:
    # The shelf's pictures are not embedded yet: a run that is no shadow would keep the vectors.
    await shop.past_comment("I buy it", minutes=12)
    before = await shop.counts(), await shop.dump(), shop.sandbox.ledger()
    assert (await shadow(shop)).new_claims == 1
    assert (await shop.counts(), await shop.dump(), shop.sandbox.ledger()) == before
    await shop.repaired()
    await shop.past_comment("I buy it", minutes=11)
    before = await shop.counts(), await shop.dump(), shop.sandbox.ledger()
    await shadow(shop)
    await shadow(shop, from_database=True)
    assert (await shop.counts(), await shop.dump(), shop.sandbox.ledger()) == before


async def test_the_database_of_a_shadow_replay_refuses_changes(shop: PastShop) -> None:
    async with Wiring.open(shop.settings, read_only=True) as wiring:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with wiring.database.transaction() as connection:
                await connection.execute("delete from orders")
