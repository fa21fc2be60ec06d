"""Corrected intents and decided reviews become training rows, and say nothing of who wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.money import Money
from schemas.records import ClassifiedComment, Comment, Viewer
from stages.adapters.database import Database
from stages.adapters.database.catalog import Catalog, Product, Streamer, product_id
from stages.adapters.database.comments import Comments
from stages.adapters.database.feedback import Feedback
from stages.adapters.database.reviews import Reviews
from stages.adapters.matcher import Match
from stages.adapters.slots import parse_slots
from stages.feedback.export import Exported, correct_intent, export_training
from stages.feedback.failure import UnknownComment, UnwritableExport
from stages.training.text.dataset import read_examples
from tests.shell import Said, tiktoksales

EVER = datetime(2000, 1, 1, tzinfo=UTC)
FRAMES = ["ana/20260101/12/1.jpg", "https://cdn.example.com/2.jpg?token=secret"]
CANDIDATES = [Match("BAG", 0.65), Match("CAP", 0.2)]


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """A database of each test's own."""
    return new_database()


@pytest.fixture
async def shop(database: Database) -> Database:
    """A shop with two products."""
    catalog = Catalog(database)
    await catalog.put_streamer(Streamer("ana", "Ana", "USD"))
    for sku in ("BAG", "CAP"):
        price = Money(amount_minor=100, currency="USD")
        await catalog.put_product(
            "ana", Product(product_id("ana", sku), sku, sku.title(), price, ("p.jpg",)), 9
        )
    return database


async def commented(database: Database, message: str, number: int = 1) -> UUID:
    """A stored comment that was judged a buy."""
    slots = parse_slots(message)
    comment = Comment(
        comment_id=uuid4(),
        seq=f"{number}-1",
        streamer="ana",
        viewer=Viewer(platform="tiktok", client="bo_77", client_id="6223508907746198904"),
        message=message,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    )
    judged = ClassifiedComment(
        **comment.__dict__,
        intent="buy",
        score=0.9,
        quantity=slots.quantity,
        variant=slots.variant,
        code=slots.code,
        language="en",
    )
    await Comments(database).store([comment])
    await Comments(database).classify([judged])
    return comment.comment_id


async def decided(database: Database, comment: UUID, status: str, sku: str | None = None) -> None:
    """As whoever reviews decides."""
    await Reviews(database).ask(comment, CANDIDATES, FRAMES)
    async with database.transaction() as connection:
        await connection.execute(
            "update match_reviews set status = $2, chosen_product = $3, decided_by = 'eve', decided_at = now()"
            " where comment_id = $1",
            comment,
            status,
            product_id("ana", sku) if sku else None,
        )


async def exported(database: Database, folder: Path, since: datetime = EVER, page: int = 500) -> Exported:
    return await export_training(Feedback(database, page), since, folder / "rows.jsonl")


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_a_corrected_comment_is_a_labelled_row(shop: Database, tmp_path: Path) -> None:
    comment = await commented(shop, "I would buy 2 in blue, if only")
    await correct_intent(Feedback(shop), comment, "feedback", "eve")
    done = await exported(shop, tmp_path)
    assert rows(done.text_file) == [
        {
            "text": "I would buy 2 in blue, if only",
            "intent": "feedback",
            "language": "en",
            "author": "feedback",
        }
    ]
    assert rows(done.vision_file) == []
    assert (done.texts, done.pictures) == (1, 0)


async def test_a_later_correction_takes_the_place_of_an_earlier_one(shop: Database, tmp_path: Path) -> None:
    comment = await commented(shop, "mine, 2 in blue, M")
    for intent in ("none", "buy"):
        await correct_intent(Feedback(shop), comment, intent, None)
    (row,) = rows((await exported(shop, tmp_path)).text_file)
    assert (row["intent"], row["quantity"], row["variant"]) == ("buy", 2, "blue / M")


async def test_an_unknown_comment_can_not_be_corrected(shop: Database) -> None:
    with pytest.raises(UnknownComment, match="There is no comment 00000000-0000-0000-0000-000000000007"):
        await correct_intent(Feedback(shop), UUID(int=7), "buy", None)


async def test_a_confirmed_review_is_a_buy_with_slots_and_a_picture_of_the_product_chosen(
    shop: Database, tmp_path: Path
) -> None:
    await decided(shop, await commented(shop, "A12 x2 in M"), "confirmed", "CAP")
    done = await exported(shop, tmp_path)
    assert rows(done.text_file) == [
        {
            "text": "A12 x2 in M", "intent": "buy", "language": "en", "author": "feedback",
            "quantity": 2, "variant": "M", "code": "A12",
        }
    ]  # fmt: skip
    assert rows(done.vision_file) == [
        {
            "frames": ["ana/20260101/12/1.jpg", "https://cdn.example.com/2.jpg"],
            "sku": "CAP",
            "streamer": "ana",
            "decision": "confirmed",
        }
    ]
    assert [example.intent for example in read_examples(done.text_file)] == ["buy"]


async def test_a_declined_review_is_a_picture_of_what_it_is_not_and_no_text(
    shop: Database, tmp_path: Path
) -> None:
    await decided(shop, await commented(shop, "mine"), "declined")
    done = await exported(shop, tmp_path)
    assert rows(done.text_file) == []
    assert [(row["sku"], row["decision"]) for row in rows(done.vision_file)] == [("BAG", "declined")]


async def test_open_and_expired_reviews_teach_nothing(shop: Database, tmp_path: Path) -> None:
    await Reviews(shop).ask(await commented(shop, "mine"), CANDIDATES, FRAMES)
    await decided(shop, await commented(shop, "mine too", 2), "expired")
    done = await exported(shop, tmp_path)
    assert (done.texts, done.pictures) == (0, 0)


async def test_a_correction_outweighs_the_review_of_the_same_comment(shop: Database, tmp_path: Path) -> None:
    comment = await commented(shop, "mine")
    await decided(shop, comment, "confirmed", "BAG")
    await correct_intent(Feedback(shop), comment, "none", "eve")
    done = await exported(shop, tmp_path)
    assert [row["intent"] for row in rows(done.text_file)] == ["none"]
    assert done.pictures == 1


async def test_what_was_said_before_is_left_out(shop: Database, tmp_path: Path) -> None:
    await correct_intent(Feedback(shop), await commented(shop, "mine"), "none", None)
    await decided(shop, await commented(shop, "mine too", 2), "declined")
    done = await exported(shop, tmp_path, datetime.now(UTC) + timedelta(hours=1))
    assert (done.texts, done.pictures) == (0, 0)


async def test_more_than_a_page_is_exported_once_and_in_order(shop: Database, tmp_path: Path) -> None:
    for number in range(1, 8):
        await correct_intent(Feedback(shop), await commented(shop, f"mine {number}", number), "none", None)
    done = await exported(shop, tmp_path, page=3)
    assert [row["text"] for row in rows(done.text_file)] == [f"mine {number}" for number in range(1, 8)]


async def test_nothing_exported_says_who_wrote(shop: Database, tmp_path: Path) -> None:
    text = "bo_77 here, @carla call +1 555 010 7777 or id 6223508907746198904"
    comment = await commented(shop, text)
    await correct_intent(Feedback(shop), comment, "buy", "eve")
    await decided(shop, comment, "declined")
    done = await exported(shop, tmp_path)
    written = done.text_file.read_text() + done.vision_file.read_text()
    for secret in ("bo_77", "carla", "7777", "6223508907746198904", str(comment), "eve", "token=secret"):
        assert secret not in written


async def test_a_folder_that_is_not_there_is_named(shop: Database, tmp_path: Path) -> None:
    with pytest.raises(UnwritableExport, match=r"nowhere.*No such file or directory"):
        await exported(shop, tmp_path / "nowhere")


async def test_a_review_asked_again_stays_as_it_was_decided(shop: Database) -> None:
    comment = await commented(shop, "mine")
    await decided(shop, comment, "confirmed", "CAP")
    await Reviews(shop).ask(comment, [Match("BAG", 0.6)], [])
    async with shop.transaction() as connection:
        row = await connection.fetchrow("select * from match_reviews where comment_id = $1", comment)
    assert row is not None
    assert (row["status"], row["frames"]) == ("confirmed", FRAMES)
    assert row["candidates"] == [{"sku": "BAG", "score": 0.65}, {"sku": "CAP", "score": 0.2}]


async def test_the_commands_correct_and_export(shop: Database, database_url: str, tmp_path: Path) -> None:
    comment = await commented(shop, "so pretty")

    async def command(*arguments: str) -> Said:
        return await tiktoksales(*arguments, database_url=database_url)

    noted = await command("correct", str(comment), "feedback", "--by", "eve")
    assert (noted.status, noted.out) == (0, f"{comment} is noted as feedback.\n")
    written = await command("export-training", "--since", "-1h", "--out", str(tmp_path / "new.jsonl"))
    assert written.out.startswith("1 comments in ")
    assert [row["intent"] for row in rows(tmp_path / "new.jsonl")] == ["feedback"]
    unknown = await command("correct", str(UUID(int=7)), "buy")
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err.startswith("tiktoksales: There is no comment")
    assert (await command("correct", str(comment), "purchase")).status == 2
    assert (await command("export-training", "--since", "once", "--out", str(tmp_path / "x"))).status == 2
