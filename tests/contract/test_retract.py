"""A comment that is taken back makes no order, and what it has claimed is released."""

from __future__ import annotations

from uuid import uuid4

import pytest

from pipeline.stage import Drop, Emit, Outcome
from schemas.codec import UnreadableRecord
from schemas.records import Cancellation, Comment
from schemas.signature import signed
from stages.adapters.database import Database
from stages.adapters.database.comments import Comments
from stages.ingest import ingest, open_comment
from stages.sources import Sources

SOURCES = Sources({"gateway": "g-key", "camera": "c-key"}, frozenset({"gateway"}))


class Door:
    """Entries that come in under one streamer."""

    def __init__(self, database: Database) -> None:
        self.store, self.streamer, self.number = Comments(database), f"seller.{uuid4().hex}", 0
        self.database = database

    def entry(self, kind: str, message_id: str, source: str | None = None) -> Comment:
        self.number += 1
        fields = {
            "streamer": self.streamer, "client": "ana", "message": "mine", "kind": kind, "message_id": message_id,
        }  # fmt: skip
        if source:
            fields = signed(fields, source=source, key=SOURCES.keys[source])
        raw = {name.encode(): value.encode() for name, value in fields.items()}
        return open_comment(f"1790000000{self.number:03d}-0", raw, sources=SOURCES).record

    async def takes(self, *comments: Comment) -> list[Outcome]:
        return await ingest(comments, store=self.store)

    async def is_retracted(self, comment: Comment) -> bool:
        query = "select retracted_at is not null from chat_messages where id = $1"
        async with self.database.transaction() as connection:
            return bool(await connection.fetchval(query, comment.comment_id))


@pytest.fixture
async def door(database: Database) -> Door:
    return Door(database)


@pytest.mark.parametrize(
    ("of", "by", "allowed"),
    [
        (None, None, True),
        ("camera", "camera", True),
        ("camera", "gateway", True),
        ("gateway", None, False),
        ("gateway", "camera", False),
        (None, "camera", False),
        ("camera", None, False),
    ],
)
async def test_only_the_same_source_or_a_verified_one_takes_a_comment_back(
    door: Door, of: str | None, by: str | None, allowed: bool
) -> None:
    comment, retract = door.entry("comment", "m-1", of), door.entry("retract", "m-1", by)
    await door.takes(comment)
    for _ in range(2):  # delivered twice
        [outcome] = await door.takes(retract)
        assert await door.is_retracted(comment) is allowed
        if allowed:
            assert isinstance(outcome, Emit)
            assert isinstance(outcome.record, Cancellation)
            assert (outcome.to, outcome.record.retracts) == ("order", comment.comment_id)
        else:
            assert outcome == Drop("retract recorded")


async def test_a_comment_and_its_retraction_may_come_together(door: Door) -> None:
    comment, retract = door.entry("comment", "m-1"), door.entry("retract", "m-1")
    first, second = await door.takes(comment, retract)
    assert isinstance(first, Emit)
    assert isinstance(second, Emit)
    assert second.to == "order"
    assert await door.is_retracted(comment)


async def test_a_retraction_of_nothing_is_recorded(door: Door) -> None:
    assert await door.takes(door.entry("retract", "m-1")) == [Drop("retract recorded")]
    [later] = await door.takes(door.entry("comment", "m-1"))
    assert isinstance(later, Emit)


def test_a_retraction_is_no_repetition_of_what_it_means(database: Database) -> None:
    door = Door(database)
    ids = {door.entry(kind, "m-1").comment_id for kind in ("comment", "retract")}
    assert len(ids) == 2
    assert door.entry("retract", "m-1").comment_id in ids


def test_a_retraction_needs_no_words(database: Database) -> None:
    raw = {b"streamer": b"maya", b"client": b"ana", b"kind": b"retract", b"message_id": b"m-1"}
    assert open_comment("1790000000000-0", raw, sources=SOURCES).record.kind == "retract"
    with pytest.raises(UnreadableRecord, match="message"):
        open_comment("1790000000000-0", {**raw, b"kind": b"comment"}, sources=SOURCES)
