"""Unsure matches and pins through the whole shop: real Redis and Postgres, light models."""

from __future__ import annotations

from contextlib import nullcontext

import pytest

from stages.replay.request import Request
from stages.replay.shadow import compare
from tests.contract.past_shop import EVER, PastShop


@pytest.mark.parametrize(("score", "asked"), [(0.5, 0), (0.51, 1), (0.7, 1)])
async def test_a_score_between_the_thresholds_asks_for_review(
    shop: PastShop, score: float, asked: int
) -> None:
    shop.matcher.score = score
    comment = await shop.past_comment("I buy it")
    await shop.repaired()
    assert (await shop.ends())[comment] == ("vision", "dropped", "no match")
    rows = await shop.rows("select * from match_reviews")
    assert len(rows) == asked
    for row in rows:
        assert (row["comment_id"], row["status"], len(row["frames"])) == (comment, "open", 1)
        assert row["candidates"] == [{"sku": "JACKET", "score": score}]


async def test_a_sure_match_asks_nobody(shop: PastShop) -> None:
    await shop.past_comment("I buy it")
    await shop.repaired()
    assert await shop.rows("select * from match_reviews") == []


async def test_a_comment_seen_twice_is_put_up_once_and_keeps_its_decision(shop: PastShop) -> None:
    shop.matcher.score = 0.6
    comment = await shop.past_comment("I buy it")
    await shop.repaired()
    await shop.change("update match_reviews set status = 'expired'")
    await shop.change("delete from end_states")
    await shop.repaired("again")
    assert (await shop.ends())[comment] == ("vision", "dropped", "no match")
    assert [row["status"] for row in await shop.rows("select status from match_reviews")] == ["expired"]


async def test_a_shadow_replay_asks_nobody(shop: PastShop) -> None:
    shop.matcher.score = 0.6
    await shop.past_comment("I buy it")
    found = await compare(shop.settings, Request(EVER), nullcontext)
    assert found.in_words().startswith("1 comment, 0 would newly be orders")
    assert await shop.rows("select * from match_reviews") == []


async def test_a_comment_whose_frames_are_gone_is_matched_by_the_name_it_says(shop: PastShop) -> None:
    named = await shop.past_comment("I buy the red bag", minutes=12)
    unnamed = await shop.past_comment("I buy it", minutes=11)
    shop.remove_frames()
    await shop.repaired()
    assert (await shop.ends())[unnamed] == ("vision", "dropped", "no frames")
    (order,) = await shop.rows("select comment_id, product_name from orders")
    assert (order["comment_id"], order["product_name"]) == (named, "Red Bag")
