"""Five hundred viewers claim twenty pieces at once: the earliest comments get them, the others wait in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

import pytest

from pipeline.engines.redis.watermark import Watermark
from pipeline.stage import Door, Emit, Limits, Opened, Outcome, Retry, Stage
from schemas.records import Cancellation, Comment, MatchedComment
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.holds import HoldKeeper
from stages.ingest import open_comment
from stages.order import Patience, order_stage
from stages.sources import Sources
from tests.contract.rig import KEYS, Rig, rig_on
from tests.contract.stall import Stall

CLAIMS, PIECES = 500, 20
LIMITS = Limits(
    timeout_seconds=30, concurrency=32, batch_size=100, backoff_seconds=0.01, backoff_cap_seconds=0.05
)


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


class Sale:
    """The way to the order stage, on which claims overtake each other: a third of them fails at first, and is tried
    again."""

    def __init__(self, stall: Stall, rig: Rig) -> None:
        self.stall, self.rig, self.dice = stall, rig, Random(7)
        self.failed: set[str] = set()
        self.comments = Comments(stall.database)

    def ingest(self) -> Stage[Comment]:
        return Stage(
            name="ingest",
            consumes=Comment,
            emits="look",
            limits=LIMITS,
            batch=self.store,
            door=Door(opens=self.opens),
        )

    def look(self) -> Stage[Comment]:
        return Stage(name="look", consumes=Comment, emits="order", limits=LIMITS, one=self.find)

    def order(self) -> Stage[MatchedComment | Cancellation]:
        return order_stage(
            LIMITS,
            orders=self.stall.orders,
            watermark=Watermark(self.rig.redis, KEYS, 1, "ingest"),
            now=partial(datetime.now, UTC),
            # As long as this machine may take: who is first is never a matter of its speed here.
            patience=Patience(max_age_seconds=3600, fairness_seconds=90),
        )

    def opens(self, seq: str, fields: Mapping[bytes, bytes]) -> Opened[Comment]:
        return open_comment(seq, fields, sources=Sources())

    async def store(self, comments: Sequence[Comment]) -> list[Outcome]:
        await self.comments.store(comments)
        return [Emit(comment) for comment in comments]

    async def find(self, comment: Comment) -> Outcome:
        if comment.seq not in self.failed and self.dice.random() < 1 / 3:
            self.failed.add(comment.seq)
            return Retry("the frames are late")
        return Emit(self.stall.claim_of(comment))

    async def is_over(self) -> bool:
        [row] = await self.stall.rows(
            "select (select count(*) from orders where streamer = $1)"
            " + (select count(*) from waitlist where streamer = $1) as claims",
            self.stall.seller,
        )
        return bool(row["claims"] == CLAIMS)


class NoLinks:
    async def expire_checkout(self, session_id: str) -> str:
        return "expired"


def viewers(first: int, last: int) -> list[tuple[str, int]]:
    return [(f"viewer_{number:03d}", 1) for number in range(first, last)]


async def test_the_earliest_comments_get_the_pieces_and_the_next_are_served_as_holds_run_out(
    database: Database, rig: Rig
) -> None:
    stall = await Stall(database).open(PIECES)
    sale = Sale(stall, rig)
    rig.start(sale.ingest(), sale.look(), consumer="way")
    rig.start(sale.order(), consumer="order-1")
    rig.start(sale.order(), consumer="order-2")
    for number in range(CLAIMS):
        await rig.comment(streamer=stall.seller, client=f"viewer_{number:03d}", message="mine")
    await rig.until(sale.is_over, seconds=80)
    await rig.drain()
    assert len(sale.failed) > 100
    assert await rig.letters() == []
    assert await stall.bought() == viewers(0, PIECES)
    assert await stall.waiting() == viewers(PIECES, CLAIMS)
    assert await stall.stock() == 0

    await stall.await_payment()
    ending = "update orders set hold_until = now() - interval '1 minute' where order_number in (select order_number "
    await stall.change(
        ending + "from orders where streamer = $1 order by order_number desc limit 5)", stall.seller
    )
    lost = await stall.rows(
        "select comment_id from orders where streamer = $1 and hold_until < now()", stall.seller
    )
    keeper = HoldKeeper(
        stall.holds, NoLinks(), now=partial(datetime.now, UTC), remind_before_seconds=0, away=()
    )
    assert await keeper.look() == 5
    assert len(await stall.bought()) == PIECES
    assert await stall.sent_to_payment() == [client for client, _ in viewers(PIECES, PIECES + 5)]
    assert await stall.waiting() == viewers(PIECES + 5, CLAIMS)
    cancelled = await stall.rows(
        "select comment_id from orders where status = 'cancelled' and streamer = $1", stall.seller
    )
    assert {row["comment_id"] for row in cancelled} == {row["comment_id"] for row in lost}
    assert await stall.stock() == 0


async def test_two_workers_that_place_the_same_claims_sell_each_piece_once(database: Database) -> None:
    stall = await Stall(database).open(PIECES)
    claims = [await stall.claim(f"viewer_{number:03d}") for number in range(60)]
    moment = datetime.now(UTC) + timedelta(days=-1)

    async def worker(seed: int) -> None:
        mine = list(claims)
        Random(seed).shuffle(mine)
        for claim in mine:
            await stall.orders.place(claim, moment, 10**9)

    await asyncio.gather(worker(1), worker(2))
    assert (len(await stall.bought()), await stall.stock(), len(await stall.waiting())) == (PIECES, 0, 40)
