"""Who takes back a claim: their own, the newest, unpaid, and nobody in another viewer's name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import pytest

from pipeline.stage import Door, Drop, Emit, Limits, Outcome, Retry, Stage
from pipeline.testing import MemoryRun
from schemas.records import Cancellation, Comment, PlacedOrder
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.adapters.database.order_results import AlreadyPaid, NothingToCancel, Released
from stages.ingest import open_comment
from stages.order import Patience, order, order_stage
from stages.sources import Sources
from tests.contract.stall import NOW, START_MS, Stall


@pytest.fixture
async def stall(database: Database) -> Stall:
    """Three pieces."""
    return await Stall(database).open(3)


async def number_of(stall: Stall, client: str, quantity: int = 1, *, verified: bool = False) -> str:
    """The number of an order that is placed."""
    placed = await stall.place(client, quantity, verified=verified)
    assert isinstance(placed, PlacedOrder)
    return placed.order_number


async def test_the_newest_claim_of_ones_own_is_released(stall: Stall) -> None:
    await number_of(stall, "ana")
    newest = await number_of(stall, "ana")
    await number_of(stall, "bo")
    assert await stall.orders.cancel_claim(await stall.cancel("ana"), NOW) == Released((newest,))
    assert (await stall.bought(), await stall.stock()) == ([("ana", 1), ("bo", 1)], 1)
    [row] = await stall.rows("select cancelled_for from orders where order_number = $1", newest)
    assert (row["cancelled_for"], await stall.told("cancelled")) == ("buyer", ["ana"])


async def test_delivered_twice_it_releases_one(stall: Stall) -> None:
    await number_of(stall, "ana")
    await number_of(stall, "ana")
    cancellation = await stall.cancel("ana")
    await stall.orders.cancel_claim(cancellation, NOW)
    assert await stall.orders.cancel_claim(cancellation, NOW) == Released()
    assert await stall.bought() == [("ana", 1)]


async def test_a_place_on_the_waitlist_is_released_and_its_order_with_it(stall: Stall) -> None:
    first = await number_of(stall, "ana", 5)
    await stall.place("bo")
    assert await stall.orders.cancel_claim(await stall.cancel("ana"), NOW) == Released((first,))
    # Not to the own place: to who waited behind.
    assert (await stall.bought(), await stall.waiting(), await stall.stock()) == ([("bo", 1)], [], 2)


async def test_who_only_waits_gives_up_the_place(stall: Stall) -> None:
    await number_of(stall, "ana", 3)
    await stall.place("bo")
    assert await stall.orders.cancel_claim(await stall.cancel("bo"), NOW) == Released()
    assert (await stall.waiting(), await stall.told("cancelled")) == ([], ["bo"])


async def test_a_code_says_which_claim_is_meant(stall: Stall) -> None:
    large = await stall.variant("L", 1, code="L-7")
    small = await stall.variant("S", 2)
    of_large = await stall.place("ana", 1, large)
    assert isinstance(of_large, PlacedOrder)
    await stall.place("ana", 1, small)
    assert await stall.orders.cancel_claim(await stall.cancel("ana", code="B9"), NOW) == NothingToCancel()
    assert await stall.orders.cancel_claim(await stall.cancel("ana", code="L7"), NOW) == Released(
        (of_large.order_number,)
    )
    rows = await stall.rows("select stock from product_variants where id = $1", large)
    assert rows[0]["stock"] == 1


async def test_what_is_paid_stays(stall: Stall) -> None:
    await number_of(stall, "ana")
    await stall.change(
        "update orders set status = 'paid', payment_id = 'pi_' || id, paid_at = now() where streamer = $1",
        stall.seller,
    )
    assert await stall.orders.cancel_claim(await stall.cancel("ana"), NOW) == AlreadyPaid()
    assert await stall.bought("paid") == [("ana", 1)]


async def test_nobody_cancels_in_the_name_of_a_verified_viewer(stall: Stall) -> None:
    await number_of(stall, "ana", verified=True)
    assert await stall.orders.cancel_claim(await stall.cancel("ana"), NOW) == NothingToCancel()
    assert await stall.bought() == [("ana", 1)]
    assert isinstance(
        await stall.orders.cancel_claim(await stall.cancel("ana", verified=True), NOW), Released
    )


async def test_a_verified_viewer_cancels_what_was_claimed_elsewhere(stall: Stall) -> None:
    await number_of(stall, "ana")
    assert isinstance(
        await stall.orders.cancel_claim(await stall.cancel("ana", verified=True), NOW), Released
    )


async def test_only_claims_before_the_comment_are_meant(stall: Stall) -> None:
    cancellation = await stall.cancel("ana")
    await number_of(stall, "ana")
    assert await stall.orders.cancel_claim(cancellation, NOW) == NothingToCancel()


async def test_a_claim_on_its_way_is_taken_back(stall: Stall) -> None:
    await number_of(stall, "ana")
    claim = await stall.claim("ana")
    await stall.change("update chat_messages set nlp_intent = 'buy' where id = $1", claim.comment_id)
    cancellation = await stall.cancel("ana")
    for _ in range(2):
        assert await stall.orders.cancel_claim(cancellation, NOW) == Released()
    assert await stall.bought() == [("ana", 1)]
    placed = await order(
        [claim],
        orders=stall.orders,
        watermark=MemoryRun(),
        now=lambda: NOW,
        patience=Patience(max_age_seconds=3600, fairness_seconds=2),
        concurrency=1,
    )
    assert placed == [Drop("retracted")]


async def test_a_retracted_comment_gives_back_what_it_claimed(stall: Stall) -> None:
    claim = await stall.claim("ana", 2)
    placed = await stall.orders.place(claim, NOW, 3600)
    assert isinstance(placed, PlacedOrder)
    retract = await stall.comment("moderator")
    record = Cancellation(
        comment_id=retract.comment_id,
        seq=retract.seq,
        streamer=stall.seller,
        viewer=retract.viewer,
        timestamp=NOW,
        retracts=claim.comment_id,
    )
    assert await stall.orders.cancel_claim(record, NOW) == Released((placed.order_number,))
    assert await stall.stock() == 3


async def test_a_cancellation_lets_the_claims_before_it_arrive(stall: Stall) -> None:
    waits = [3, 2, 1, 0, 0]

    class Busy:
        async def earlier(self, partition_key: str, seq: str) -> int:
            return waits.pop(0)

        async def leave(self, partition_key: str, seqs: Sequence[str]) -> None:
            """It is about those before only."""

    run = MemoryRun()
    moment = datetime.fromtimestamp(START_MS / 1000 + 0.2, UTC)
    run.start(
        order_stage(
            Limits(timeout_seconds=10),
            orders=stall.orders,
            watermark=Busy(),
            now=lambda: moment,
            patience=Patience(max_age_seconds=3600, fairness_seconds=0),
        )
    )
    claim = await stall.claim("ana")
    cancellation = await stall.cancel("ana")
    run.add("order", cancellation)
    await run.settle()
    run.add("order", claim)
    await run.until_idle()
    assert {end.reason for end in run.ends} == {"cancelled"}
    assert (await stall.bought(), await stall.stock(), waits) == ([], 3, [0])


async def test_cancellations_do_not_wait_for_each_other(stall: Stall) -> None:
    comments, waited = Comments(stall.database), asyncio.Event()

    async def ingest(comment: Comment) -> Outcome:
        await comments.store([comment])
        is_claim = comment.message == "mine"
        return Emit(comment) if is_claim else Emit(stall.cancellation_of(comment), to="order")

    async def look(comment: Comment) -> Outcome:
        if not waited.is_set():
            waited.set()
            return Retry("the frames are late", after=2)
        return Emit(stall.claim_of(comment))

    limits = Limits(timeout_seconds=10)
    run = MemoryRun(
        Stage(
            name="ingest",
            consumes=Comment,
            emits="look",
            limits=limits,
            one=ingest,
            door=Door(opens=partial(open_comment, sources=Sources())),
        ),
        Stage(name="look", consumes=Comment, emits="order", limits=limits, one=look),
    )
    run.start(
        order_stage(
            limits,
            orders=stall.orders,
            watermark=run,
            now=run.clock.utc_now,
            patience=Patience(max_age_seconds=3600, fairness_seconds=0),
        )
    )
    said = [("ana", "mine"), ("ana", "cancel"), *((f"viewer_{number}", "cancel") for number in range(30))]
    began_ms = run.clock.now_ms
    for client, message in said:
        run.append("ingest", {"streamer": stall.seller, "client": client, "message": message})
        run.clock.advance(0.01)
    await run.until_idle()
    assert Counter(end.reason for end in run.ends) == {"cancelled": 1, "complaint": 30}
    # Two seconds for the claim, and the last look of each at it.
    assert max(end.ended_ms for end in run.ends) - began_ms < 2_600
    assert await stall.stock() == 3
