"""The earlier comment wins the last piece, across platforms, however long its way takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from pipeline.decision import derived_id
from pipeline.stage import Door, Emit, Limits, Opened, Outcome, Retry, Stage
from pipeline.testing import MemoryRun
from schemas.money import Money
from schemas.records import Comment, MatchedComment, Viewer
from stages.adapters.database import Database
from stages.adapters.database.catalog import Catalog, Product, Streamer
from stages.adapters.database.comments import Comments
from stages.adapters.database.orders import Orders
from stages.order import Patience, order_stage

LIMITS = Limits(timeout_seconds=10)
PRICE = Money(amount_minor=1000, currency="USD")


class Show:
    """Comments that all want the same product, of which there is one piece. `slow` ones take `seconds` on their way."""

    def __init__(self, database: Database, seller: str, product: UUID, seconds: float) -> None:
        self.database, self.seller, self.product, self.seconds = database, seller, product, seconds
        self.comments = Comments(database)
        self.looked: set[UUID] = set()
        door = Stage(
            name="ingest",
            consumes=Comment,
            emits="look",
            limits=LIMITS,
            one=self.store,
            door=Door(opens=self.opens),
        )
        look = Stage(name="look", consumes=Comment, emits="order", limits=LIMITS, one=self.look)
        self.run = MemoryRun(door, look)
        self.run.start(
            order_stage(
                LIMITS,
                orders=Orders(database),
                watermark=self.run,
                now=self.run.clock.utc_now,
                patience=Patience(max_age_seconds=3600, fairness_seconds=2),
            )
        )

    def opens(self, seq: str, fields: Mapping[bytes, bytes]) -> Opened[Comment]:
        client, platform = fields[b"client"].decode(), fields[b"platform"].decode()
        comment = Comment(
            comment_id=derived_id(f"{self.seller}/{seq}"),
            seq=seq,
            streamer=self.seller,
            viewer=Viewer(platform=platform, client=client, verified=False),
            timestamp=datetime(2026, 1, 1, tzinfo=UTC),
            message="mine",
            source="test",
        )
        return Opened(str(comment.comment_id), comment.timestamp.isoformat(), self.seller, comment)

    async def store(self, comment: Comment) -> Outcome:
        await self.comments.store([comment])
        return Emit(comment)

    async def look(self, comment: Comment) -> Outcome:
        if comment.viewer.client == "slow" and comment.comment_id not in self.looked:
            self.looked.add(comment.comment_id)
            return Retry("the frames are late", after=self.seconds)
        return Emit(
            MatchedComment(
                comment_id=comment.comment_id,
                seq=comment.seq,
                streamer=comment.streamer,
                viewer=comment.viewer,
                timestamp=comment.timestamp,
                quantity=1,
                product_id=self.product,
                product_name="Last piece",
                score=0.9,
                price=PRICE,
            )
        )

    async def bought_by(self) -> list[str]:
        """Who wrote the comments that became orders."""
        query = "select m.client from orders as o join chat_messages as m on m.id = o.comment_id where o.streamer = $1"
        async with self.database.transaction() as connection:
            return [row["client"] for row in await connection.fetch(query, self.seller)]


async def show_with(database: Database, stock: int, seconds: float) -> Show:
    seller, catalog = f"seller.{uuid4().hex}", Catalog(database)
    product = Product(uuid4(), "A1", "Last piece", PRICE, images=())
    await catalog.put_streamer(Streamer(seller, seller, "USD"))
    await catalog.put_product(seller, product, stock)
    return Show(database, seller, product.id, seconds)


@pytest.mark.parametrize(
    ("seconds", "winner"), [(1.0, ["slow"]), (30.0, ["quick"])], ids=["in time", "not for ever"]
)
async def test_the_earlier_comment_wins_the_last_piece(
    database: Database, seconds: float, winner: list[str]
) -> None:
    show = await show_with(database, 1, seconds)
    show.run.append("ingest", {"client": "slow", "platform": "youtube"})
    show.run.append("ingest", {"client": "quick", "platform": "tiktok"})
    await show.run.until_idle()
    assert await show.bought_by() == winner
    assert [end.reason for end in show.run.ends] == ["sold out"]
    assert show.run.dead == []


async def test_nobody_waits_while_there_is_enough_for_those_before_too(database: Database) -> None:
    show = await show_with(database, 2, 30.0)
    show.run.append("ingest", {"client": "slow", "platform": "youtube"})
    show.run.append("ingest", {"client": "quick", "platform": "tiktok"})
    await show.run.settle()  # no time passes
    assert await show.bought_by() == ["quick"]
    await show.run.until_idle()
    assert sorted(await show.bought_by()) == ["quick", "slow"]
