"""The host decides on unsure matches, and the comment goes on from there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.records import MatchedComment, PlacedOrder
from stages.adapters.database.offers import Variant, variant_id
from stages.adapters.database.review_decisions import (
    Confirmed,
    DecidedBefore,
    Declined,
    NoSuchProduct,
    NoSuchReview,
    ReviewDecisions,
    TooLate,
)
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop
from tests.shell import tiktoksales

MAX_AGE = 3600.0


@pytest.fixture
async def shop(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[KeptShop]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        await shop.sell("JACKET", 5)
        await shop.sell("TEE", 9, variants=(Variant("navy / M", 4), Variant("navy / L", 5)))
        yield shop


def decisions(shop: KeptShop) -> ReviewDecisions:
    return ReviewDecisions(shop.wiring.database, MAX_AGE)


async def asked(shop: KeptShop, message: str = "I want it", minutes: float = 1.0, **slots: Any) -> UUID:
    """A comment under review: perhaps the jacket, perhaps the tee."""
    comment, at = uuid4(), utc_now() - timedelta(minutes=minutes)
    await shop.execute(
        "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, sent_at, source, verified,"
        " quantity, variant) values ($1, $2, $3, 'bo', 'b1', 'tiktok', $4, $5, 'gateway', true, $6, $7)",
        comment, f"{int(at.timestamp() * 1000)}-0", shop.streamer, message, at,
        slots.get("quantity"), slots.get("variant"),
    )  # fmt: skip
    candidates = [{"sku": "JACKET", "score": 0.63}, {"sku": "TEE", "score": 0.3}]
    await shop.execute(
        "insert into match_reviews (comment_id, candidates, frames) values ($1, $2, $3)",
        comment, candidates, ["a.jpg"],
    )  # fmt: skip
    return comment


async def status(shop: KeptShop, comment: UUID) -> tuple[str, str | None]:
    [row] = await shop.rows("select status, decided_by from match_reviews where comment_id = $1", comment)
    return row["status"], row["decided_by"]


async def sent_on(shop: KeptShop, comment: UUID) -> list[tuple[str, MatchedComment]]:
    rows = await shop.rows("select stage, record from outbox where comment_id = $1", comment)
    return [(row["stage"], MatchedComment.model_validate(row["record"])) for row in rows]


async def test_a_confirmed_comment_goes_on_to_order_with_its_place_and_its_viewer(shop: KeptShop) -> None:
    comment = await asked(shop, quantity=2)
    decision = await decisions(shop).confirm(comment, None, "ana", utc_now())
    assert isinstance(decision, Confirmed)
    [(stage, claim)] = await sent_on(shop, comment)
    assert (stage, claim) == ("order", decision.claim)
    assert (claim.product_name, claim.quantity, claim.score) == ("The JACKET", 2, 0.63)
    assert (claim.viewer.client_id, claim.viewer.verified) == ("b1", True)
    [row] = await shop.rows("select seq from chat_messages where id = $1", comment)
    assert claim.seq == row["seq"]
    assert await status(shop, comment) == ("confirmed", "ana")
    placed = await shop.wiring.orders.place(claim, utc_now(), MAX_AGE)
    assert isinstance(placed, PlacedOrder)


async def test_a_product_that_the_model_did_not_think_of_can_be_chosen(shop: KeptShop) -> None:
    await shop.sell("MUG", 3)
    comment = await asked(shop)
    await decisions(shop).confirm(comment, "mug", "ana", utc_now())
    [(_, claim)] = await sent_on(shop, comment)
    assert (claim.product_name, claim.score) == ("The MUG", 0.0)
    [match] = await shop.rows("select product_name from product_matches where comment_id = $1", comment)
    assert match["product_name"] == "The MUG"


async def test_the_variant_is_found_in_the_catalog(shop: KeptShop) -> None:
    comment = await asked(shop, "size L pls", variant="L")
    decision = await decisions(shop).confirm(comment, "TEE", "ana", utc_now())
    assert isinstance(decision, Confirmed)
    claim = decision.claim
    assert (claim.variant, claim.variant_id) == ("navy / L", variant_id(claim.product_id, "navy / L"))


async def test_a_decision_stands(shop: KeptShop) -> None:
    confirmed, declined = await asked(shop), await asked(shop)
    await decisions(shop).confirm(confirmed, None, "ana", utc_now())
    assert await decisions(shop).confirm(confirmed, "TEE", "ben", utc_now()) == DecidedBefore("confirmed")
    assert await decisions(shop).decline(confirmed, "ben", utc_now()) == DecidedBefore("confirmed")
    assert await decisions(shop).decline(declined, "ana", utc_now()) == Declined()
    assert await decisions(shop).confirm(declined, None, "ben", utc_now()) == DecidedBefore("declined")
    assert len(await sent_on(shop, confirmed)) == 1
    assert await sent_on(shop, declined) == []


async def test_of_two_decisions_at_once_one_counts(shop: KeptShop) -> None:
    comment = await asked(shop)
    made = await asyncio.gather(
        *(decisions(shop).confirm(comment, sku, "ana", utc_now()) for sku in ("JACKET", "TEE", "JACKET"))
    )
    assert sum(isinstance(decision, Confirmed) for decision in made) == 1
    assert len(await sent_on(shop, comment)) == 1


async def test_a_comment_that_is_too_old_is_not_ordered_and_its_review_expires(shop: KeptShop) -> None:
    comment = await asked(shop, minutes=61)
    for _ in range(2):
        decision = await decisions(shop).confirm(comment, None, "ana", utc_now())
        assert decision == TooLate("only within 1 h may a comment become an order (MAX_ORDER_AGE_SECONDS)")
    assert await status(shop, comment) == ("expired", None)
    assert await sent_on(shop, comment) == []


async def test_a_comment_that_was_taken_back_is_not_ordered(shop: KeptShop) -> None:
    comment = await asked(shop)
    await shop.execute("update chat_messages set retracted_at = now() where id = $1", comment)
    assert isinstance(await decisions(shop).confirm(comment, None, "ana", utc_now()), TooLate)


async def test_what_is_not_there_changes_nothing(shop: KeptShop) -> None:
    comment = await asked(shop)
    assert await decisions(shop).confirm(comment, "NONE", "ana", utc_now()) == NoSuchProduct("NONE")
    assert await decisions(shop).confirm(uuid4(), None, "ana", utc_now()) == NoSuchReview()
    assert await decisions(shop).decline(uuid4(), "ana", utc_now()) == NoSuchReview()
    assert await status(shop, comment) == ("open", None)


async def test_the_command_lists_and_decides(shop: KeptShop) -> None:
    first, second = await asked(shop, "mine?"), await asked(shop)
    listed = await tiktoksales("reviews", "list", shop.streamer, **shop.environment)
    assert str(first) in listed.out
    assert "JACKET 0.63, TEE 0.30" in listed.out
    said = await tiktoksales("reviews", "confirm", str(first), "--first", **shop.environment)
    assert said.out == "Confirmed: bo claims 1 x The JACKET.\n"
    assert (await tiktoksales("reviews", "decline", str(second), **shop.environment)).out == "Declined.\n"
    again = await tiktoksales("reviews", "confirm", str(second), "TEE", **shop.environment)
    assert (again.status, "It was declined before" in again.err) == (1, True)
    neither = await tiktoksales("reviews", "confirm", str(second), **shop.environment)
    assert neither.status == 2
    assert await decisions(shop).of(shop.streamer) == []
