"""Records as bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg.pgproto.pgproto
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codec import UnreadableRecord, decode, encode
from schemas.money import Money
from schemas.records import (
    ClassifiedComment,
    Comment,
    CommentRecord,
    MatchedComment,
    Notification,
    PaidOrder,
    PlacedOrder,
    Viewer,
)

ID = UUID("11111111-2222-5333-8444-555555555555")
VIEWER = Viewer(platform="tiktok", client="さくら_桜", client_id="69", verified=True)
AT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
PRICE = Money(amount_minor=7999, currency="USD")
COMMENT = Comment(
    comment_id=ID, seq="1-0", streamer="maya.closet", viewer=VIEWER, message="sold! 💕\n\u200b", timestamp=AT,
    message_id="m-1", frame_urls=("https://cdn.example/a.jpg",), source="gateway",
)  # fmt: skip
ORDER = {
    "comment_id": ID,
    "seq": "1-0",
    "streamer": "maya.closet",
    "order_id": ID,
    "order_number": "ORD-20260102-00001",
}
RECORDS: list[CommentRecord] = [
    COMMENT,
    ClassifiedComment(**COMMENT.__dict__, intent="buy", score=0.93, quantity=2, variant="M", code="A1", language="ja"),
    MatchedComment(
        comment_id=ID, seq="1-0", streamer="maya.closet", viewer=VIEWER, timestamp=AT, quantity=1, product_id=ID,
        product_name="Blue Denim Jacket", score=0.99, price=PRICE,
    ),
    PlacedOrder(**ORDER, viewer=VIEWER, product_name="Jacket", quantity=1, total=PRICE, status="placed"),
    PaidOrder(**ORDER, product_name="Jacket", total=PRICE, status="paid", payment_id="pi_1"),
    Notification(**ORDER, status="sent", message_sid="SM1"),
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_went(record: CommentRecord) -> None:
    assert decode(type(record), encode(record)) == record


@pytest.mark.parametrize("kind", [Comment, Comment | Notification])
def test_no_text_that_was_read_is_kept_for_the_next_time(kind: Any) -> None:
    first, second = (decode(kind, encode(COMMENT)) for _ in range(2))
    assert first == second
    assert first.message is not second.message


def test_unknown_fields_are_ignored() -> None:
    fields = orjson.loads(encode(COMMENT)) | {"mood": "great"}
    assert decode(Comment, orjson.dumps(fields)) == COMMENT


def test_a_successor_is_read_as_its_predecessor() -> None:
    assert decode(Comment, encode(RECORDS[1])) == COMMENT


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"{", "not JSON"),
        (b"null", "not a Comment"),
        (b"[]", "not a Comment"),
        (b"{}", "not a Comment: comment_id"),
    ],
)
def test_anything_else_is_unreadable_for_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableRecord, match=f"^{reason}"):
        decode(Comment, data)


def test_the_reason_names_the_field_and_keeps_its_value_back() -> None:
    fields = orjson.loads(encode(COMMENT)) | {"viewer": {"platform": "tiktok", "client": "secret" * 50}}
    with pytest.raises(UnreadableRecord, match=r"viewer\.client") as caught:
        decode(Comment, orjson.dumps(fields))
    assert "secret" not in str(caught.value)


@given(st.binary(max_size=200))
def test_random_bytes_never_do_worse_than_unreadable(data: bytes) -> None:
    with pytest.raises(UnreadableRecord):
        decode(Comment, data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*COMMENT.__dict__]), inner)
        ),
        max_leaves=20,
    )
)
def test_random_json_never_does_worse_than_unreadable(value: object) -> None:
    with pytest.raises(UnreadableRecord):
        decode(Comment, orjson.dumps(value))


def test_a_record_of_one_of_two_kinds_is_read_as_that() -> None:
    assert decode(PlacedOrder | PaidOrder, encode(RECORDS[3])) == RECORDS[3]
    with pytest.raises(UnreadableRecord, match=r"^not a PlacedOrder or PaidOrder: "):
        decode(PlacedOrder | PaidOrder, b"{}")


def test_every_fault_is_named_in_one_sentence() -> None:
    faulty = b'{"comment_id": 1, "seq": "1-0", "streamer": "ana", "order_number": null, "status": "sent"}'
    with pytest.raises(UnreadableRecord) as caught:
        decode(Notification, faulty)
    assert str(caught.value) == (
        "not a Notification: comment_id: UUID input should be a string, bytes or UUID object; order_id: Field required"
    )
    with pytest.raises(UnreadableRecord, match=r"^not a Comment: record: "):
        decode(Comment, b"[]")


def test_an_id_as_the_database_client_gives_it_is_written_as_text() -> None:
    given = asyncpg.pgproto.pgproto.UUID(str(ID))
    record = Notification(**{**ORDER, "order_id": ID}, status="sent")
    record.__dict__["order_id"] = given
    assert orjson.loads(encode(record))["order_id"] == str(ID)


def test_what_has_no_place_in_a_record_is_named() -> None:
    record = Notification(**ORDER, status="sent")
    record.__dict__["status"] = {1, 2}
    with pytest.raises(TypeError) as caught:
        encode(record)
    assert "set has no place in a record" in f"{caught.value} {caught.value.__cause__}"
