"""The review queue on the page: what it shows, whose it is, and what a click does."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from PIL import Image

from schemas.money import Money
from stages.adapters.database.catalog import Product, Streamer, product_id
from stages.adapters.frames import FrameStore
from stages.adapters.pictures import PictureStore
from stages.console.backstage import Backstage
from stages.console.notice import Notice
from stages.console.pictures import NoPicture, Pictures
from stages.console.review_desk import ReviewDesk
from stages.console.views.evidence import frame_name, product_picture
from stages.console.views.reviews import reviews_view
from stages.wiring import utc_now
from tests.contract.kept_shop import KeptShop, kept_shop


@dataclass(frozen=True, slots=True)
class Queue:
    """A shop with reviews, and its console."""

    shop: KeptShop
    backstage: Backstage
    desk: ReviewDesk

    async def ask(
        self, *, streamer: str | None = None, minutes: float = 1.0, frames: tuple[str, ...] = ()
    ) -> UUID:
        """A comment under review: perhaps the jacket, less likely the tee, or what is no longer sold."""
        comment, at = uuid4(), utc_now() - timedelta(minutes=minutes)
        await self.shop.execute(
            "insert into chat_messages (id, seq, streamer, client, client_id, platform, message, sent_at, source,"
            " verified, quantity, variant) values ($1, $2, $3, 'bo', 'b1', 'tiktok', 'that one', $4, 'gateway', true,"
            " 2, 'navy')",
            comment, f"{int(at.timestamp() * 1000)}-0", streamer or self.shop.streamer, at,
        )  # fmt: skip
        candidates = [
            {"sku": sku, "score": score} for sku, score in (("JACKET", 0.634), ("GONE", 0.5), ("TEE", 0.3))
        ]
        await self.shop.execute(
            "insert into match_reviews (comment_id, candidates, frames, created_at) values ($1, $2, $3, $4)",
            comment, candidates, list(frames), at,
        )  # fmt: skip
        return comment

    async def status(self, comment: UUID) -> str:
        """What stands in the database."""
        [row] = await self.shop.rows("select status from match_reviews where comment_id = $1", comment)
        return str(row["status"])

    async def outbox(self, comment: UUID) -> list[str]:
        """The stages that the comment goes on to."""
        rows = await self.shop.rows("select stage from outbox where comment_id = $1", comment)
        return [row["stage"] for row in rows]


@pytest.fixture
async def queue(redis_url: str, database_url: str, tmp_path: Path) -> AsyncIterator[Queue]:
    async with kept_shop(redis_url, database_url, tmp_path) as shop:
        await shop.sell("JACKET", 5)
        await shop.sell("TEE", 9, price_minor=1900)
        wiring = shop.wiring
        backstage = Backstage.of(wiring.database, wiring.redis, wiring.keys, shop.settings, utc_now)
        yield Queue(shop, backstage, ReviewDesk(backstage))


def jpeg(width: int, height: int) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, "JPEG")
    return made.getvalue()


async def test_a_review_shows_who_said_what_and_what_it_may_mean(queue: Queue) -> None:
    comment = await queue.ask(frames=tuple(f"{number}.jpg" for number in range(1, 9)))
    view = await reviews_view(queue.backstage, queue.shop.streamer)
    [review] = view.reviews
    assert (view.total, view.further) == (1, 0)
    assert (review.comment_id, review.client, review.message, review.slots) == (
        comment,
        "bo",
        "that one",
        "2 × navy",
    )
    # What is no longer sold can't be chosen.
    assert [(each.sku, each.name, str(each.price), each.percent) for each in review.candidates] == [
        ("JACKET", "The JACKET", "$79.99", 63),
        ("TEE", "The TEE", "$19.00", 30),
    ]
    assert review.frames == (3, 4, 5, 6, 7, 8)  # the last ones, nearest to the comment


async def test_the_oldest_is_shown_first_and_only_so_many(queue: Queue) -> None:
    asked = [await queue.ask(minutes=minutes) for minutes in range(30, 5, -1)]
    view = await reviews_view(queue.backstage, queue.shop.streamer)
    assert [each.comment_id for each in view.reviews] == asked[:20]
    assert (view.total, view.further) == (25, 5)


async def test_what_can_make_no_order_any_more_is_not_asked(queue: Queue) -> None:
    await queue.ask(minutes=queue.shop.settings.max_order_age_seconds / 60 + 1)
    taken_back = await queue.ask()
    await queue.shop.execute("update chat_messages set retracted_at = now() where id = $1", taken_back)
    view = await reviews_view(queue.backstage, queue.shop.streamer)
    assert (view.total, view.reviews) == (0, ())


async def test_a_click_confirms_and_the_comment_goes_on(queue: Queue) -> None:
    comment = await queue.ask()
    notice = await queue.desk.confirm(queue.shop.streamer, comment, "TEE", "ana (console)")
    assert notice == Notice("Confirmed: bo claims 2 × The TEE.")
    assert (await queue.status(comment), await queue.outbox(comment)) == ("confirmed", ["order"])
    assert (await reviews_view(queue.backstage, queue.shop.streamer)).total == 0


async def test_a_click_declines(queue: Queue) -> None:
    comment = await queue.ask()
    assert await queue.desk.decline(queue.shop.streamer, comment, "ana") == Notice("Declined: no order.")
    assert (await queue.status(comment), await queue.outbox(comment)) == ("declined", [])


@pytest.mark.parametrize("sku", ["TEE", ""])
async def test_a_second_click_changes_nothing_and_says_so(queue: Queue, sku: str) -> None:
    comment = await queue.ask()
    await queue.desk.decline(queue.shop.streamer, comment, "ana")
    again = (
        await queue.desk.confirm(queue.shop.streamer, comment, sku, "bea")
        if sku
        else await queue.desk.decline(queue.shop.streamer, comment, "bea")
    )
    assert again == Notice("It was declined before; that stands.", is_refusal=True)


async def test_a_product_that_went_off_the_shelf_is_refused(queue: Queue) -> None:
    comment = await queue.ask()
    notice = await queue.desk.confirm(queue.shop.streamer, comment, "GONE", "ana")
    assert notice == Notice("There is no product 'GONE' any more.", is_refusal=True)
    assert await queue.status(comment) == "open"


async def test_another_streamers_reviews_are_not_there(queue: Queue) -> None:
    other = f"other-{uuid4().hex[:8]}"
    await queue.shop.wiring.catalog.put_streamer(Streamer(other, "Bea", "USD"))
    theirs = await queue.ask(streamer=other, frames=("theirs.jpg",))
    mine = queue.shop.streamer
    for backstage in (queue.backstage, replace(queue.backstage, is_operator=True)):
        assert (await reviews_view(backstage, mine)).total == 0
        assert await frame_name(backstage, mine, theirs, 1) is None
        for decide in (
            queue.desk.confirm(mine, theirs, "JACKET", "ana"),
            queue.desk.decline(mine, theirs, "ana"),
        ):
            assert await decide == Notice("This comment waits for no decision.", is_refusal=True)
    assert await queue.status(theirs) == "open"
    assert await frame_name(queue.backstage, other, theirs, 1) == "theirs.jpg"


async def test_frames_are_shown_small_and_named_by_their_number_only(queue: Queue, tmp_path: Path) -> None:
    store = FrameStore((tmp_path / "frames").as_uri())
    key = await store.put(queue.shop.streamer, datetime(2026, 1, 1, tzinfo=UTC), jpeg(1080, 1920))
    comment = await queue.ask(frames=(key.path, "no/such.jpg"))
    names = [await frame_name(queue.backstage, queue.shop.streamer, comment, each) for each in (0, 1, 2, 3)]
    assert names == [None, key.path, "no/such.jpg", None]
    pictures = Pictures(store, None)
    shown = Image.open(io.BytesIO(await pictures.frame(key.path)))
    assert (shown.format, shown.size) == ("JPEG", (202, 360))
    with pytest.raises(NoPicture, match="There is no frame"):
        await pictures.frame("no/such.jpg")


async def test_what_is_no_picture_does_not_get_out(tmp_path: Path) -> None:
    store = FrameStore(tmp_path.as_uri(), url_prefixes=["https://cdn.example/"])
    (tmp_path / "page.jpg").write_text("<script>alert(1)</script>")
    pictures = Pictures(store, PictureStore(tmp_path.as_uri()))
    for made in (pictures.frame("page.jpg"), pictures.product("page.jpg")):
        with pytest.raises(NoPicture, match="no readable picture"):
            await made
    with pytest.raises(NoPicture, match="none of the configured prefixes"):
        await pictures.frame("http://169.254.169.254/latest/meta-data")
    with pytest.raises(NoPicture, match="FRAMES_URL"):
        await Pictures(None, None).frame("page.jpg")


async def test_a_products_picture_is_its_streamers(queue: Queue, tmp_path: Path) -> None:
    (tmp_path / "mug.jpg").write_bytes(jpeg(40, 40))
    mine = queue.shop.streamer
    mug = Product(product_id(mine, "MUG"), "MUG", "Mug", Money(amount_minor=5, currency="USD"), ("mug.jpg",))
    await queue.shop.wiring.catalog.put_product(mine, mug, 1)
    assert await product_picture(queue.backstage, mine, mug.id) == "mug.jpg"
    assert await product_picture(queue.backstage, "somebody.else", mug.id) is None
    shown = Image.open(io.BytesIO(await Pictures(None, PictureStore(tmp_path.as_uri())).product("mug.jpg")))
    assert shown.size == (40, 40)
