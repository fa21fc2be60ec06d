"""What stands in the public stream, and what ingest makes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.codec import UnreadableRecord
from schemas.records import Comment
from schemas.signature import signed
from stages.ingest import open_comment
from stages.sources import Sources

SEQ = "1790000000123-4"
IDENTITY = "fb98b807-1798-53b2-a4de-f4898a93258c"  # of message m-1 under GIVEN
GIVEN = {"streamer": "maya.closet", "client": "ana", "message": "I want it! 💕"}
SOURCES = Sources({"gateway": "g-key", "camera": "c-key"}, frozenset({"gateway"}))


def opened(*, seq: str = SEQ, without: str = "", **changed: str) -> Comment:
    """The comment in an entry with the given fields changed."""
    fields = {name: value for name, value in {**GIVEN, **changed}.items() if name != without}
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    return open_comment(seq, raw, sources=SOURCES).record


def test_three_fields_are_enough() -> None:
    comment = opened()
    assert (comment.streamer, comment.viewer.client, comment.message) == tuple(GIVEN.values())
    assert (comment.viewer.platform, comment.kind, comment.source) == ("tiktok", "comment", "stream")
    assert (comment.viewer.client_id, comment.message_id, comment.frame_urls) == (None, None, ())
    assert comment.seq == SEQ
    assert not comment.viewer.verified


def test_optional_fields_are_kept() -> None:
    comment = opened(platform="youtube", client_id="UC1", message_id="m-1", kind="pin")
    assert (comment.viewer.platform, comment.viewer.client_id) == ("youtube", "UC1")
    assert (comment.message_id, comment.kind) == ("m-1", "pin")


def test_the_entry_is_partitioned_by_streamer_and_timed_by_the_comment() -> None:
    raw = {name.encode(): value.encode() for name, value in GIVEN.items()}
    entry = open_comment(SEQ, {**raw, b"timestamp": b"2026-01-02T03:04:05Z"}, sources=SOURCES)
    assert (entry.partition_key, entry.at) == ("maya.closet", "2026-01-02T03:04:05+00:00")
    assert entry.id == str(entry.record.comment_id)


@pytest.mark.parametrize("field", ["timestamp", "platform", "message_id", "client_id", "frame_urls", "kind"])
def test_an_empty_optional_field_is_no_field(field: str) -> None:
    assert opened(**{field: ""}) == opened()


@pytest.mark.parametrize("field", ["streamer", "client", "message"])
def test_a_missing_or_empty_required_field_is_named(field: str) -> None:
    for given in ({"without": field}, {field: ""}):
        with pytest.raises(UnreadableRecord, match=rf"not a comment: .*{field}.*"):
            opened(**given)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("message", "x" * 2001),
        ("streamer", "x" * 201),
        ("client", "a\x00b"),
        ("kind", "shout"),
        ("timestamp", "half past never"),
        ("frame_urls", "[1, 2"),
        ("frame_urls", "[1, 2]"),
        ("frame_urls", " ".join(["https://cdn.example/a.jpg"] * 33)),
    ],
)
def test_a_wrong_field_is_named_without_its_value(field: str, value: str) -> None:
    with pytest.raises(UnreadableRecord, match=rf"not a comment: .*{field}") as caught:
        opened(**{field: value})
    assert value not in str(caught.value)
    assert "record" not in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnreadableRecord, match="not UTF-8"):
        open_comment(SEQ, {b"streamer": b"\xff"}, sources=SOURCES)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T05:04:05.250+02:00", datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1767323045", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("1767323045250", datetime(2026, 1, 2, 3, 4, 5, 250_000, tzinfo=UTC)),
    ],
)
def test_a_timestamp_is_iso_8601_or_epoch_seconds_or_milliseconds(text: str, moment: datetime) -> None:
    assert opened(timestamp=text).timestamp == moment


def test_without_a_timestamp_the_time_of_the_entry_counts() -> None:
    assert opened().timestamp == datetime.fromtimestamp(1790000000.123, UTC)


def test_frame_urls_are_a_json_list_or_separated_by_white_space() -> None:
    urls = ("https://cdn.example/a.jpg", "https://cdn.example/b.jpg")
    assert opened(frame_urls=" ".join(urls)).frame_urls == urls
    assert opened(frame_urls=f' ["{urls[0]}", "{urls[1]}"]').frame_urls == urls


def test_a_message_id_decides_the_identity_whatever_its_entry() -> None:
    first, again = opened(message_id="m-1"), opened(message_id="m-1", seq="1790000009999-0")
    assert first.comment_id == again.comment_id
    others = [
        opened(message_id="m-2"),
        opened(message_id="m-1", platform="youtube"),
        opened(message_id="m-1", streamer="casa.lumiere"),
    ]
    assert len({first.comment_id, *(other.comment_id for other in others)}) == 4


def test_without_a_message_id_each_entry_is_a_comment_of_its_own() -> None:
    assert opened().comment_id == opened().comment_id
    assert opened().comment_id != opened(seq="1790000000123-5").comment_id


def test_identities_stay_the_same_over_releases() -> None:
    assert opened(message_id="m-1").comment_id == UUID(IDENTITY)


def test_a_signature_of_a_verified_source_verifies() -> None:
    comment = opened(**signed({**GIVEN, "message_id": "m-1"}, source="gateway", key="g-key"))
    assert (comment.source, comment.viewer.verified) == ("gateway", True)


def test_a_known_source_without_the_scope_is_named_but_not_verified() -> None:
    comment = opened(**signed({**GIVEN, "message_id": "m-1"}, source="camera", key="c-key"))
    assert (comment.source, comment.viewer.verified) == ("camera", False)


def test_a_forged_signature_is_a_comment_of_nobody() -> None:
    forged = signed({**GIVEN, "message_id": "m-1"}, source="gateway", key="guessed")
    comment = opened(**forged)
    assert (comment.source, comment.viewer.verified) == ("stream", False)
