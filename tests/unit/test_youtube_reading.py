"""What YouTube streams is cut into pages wherever the bytes part, and whatever a message holds, reading goes on."""

from __future__ import annotations

import doctest

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.connectors.away import Away, Refused
from stages.connectors.incoming import Incoming
from stages.connectors.source import Ignored
from stages.connectors.youtube import quota, video
from stages.connectors.youtube.failures import ChatEnded, StalePageToken, failure_of
from stages.connectors.youtube.messages import read_message
from stages.connectors.youtube.pages import PAGE_LIMIT, Pages, page_of
from stages.connectors.youtube.video import NoSuchVideo, video_id

words = st.text(st.sampled_from('{}[]"\\,: a💕\n'))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(words, values, max_size=4)


@given(st.lists(objects, max_size=5), st.integers(1, 60), st.sampled_from([b",", b",\r\n", b"\n"]))
def test_pages_are_the_same_however_the_bytes_part(sent: list[object], size: int, separator: bytes) -> None:
    body = b"[" + separator.join(orjson.dumps(each) for each in sent) + b"]\n"
    pages = Pages()
    got = [page for at in range(0, len(body), size) for page in pages.take(body[at : at + size])]
    assert [orjson.loads(page) for page in got] == sent


def test_a_page_without_end_is_given_up() -> None:
    pages = Pages()
    assert list(pages.take(b'[{"items": "')) == []
    with pytest.raises(Away, match="does not end"):
        list(pages.take(b"x" * (PAGE_LIMIT + 1)))


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b'"x"', b"[]", b"{"])
def test_what_is_no_page_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(Away):
        page_of(body)


@given(objects)
def test_any_object_is_a_page_or_says_why_it_is_none(given: dict[str, object]) -> None:
    try:
        page_of(orjson.dumps(given))
    except (Away, Refused):
        assert isinstance(given.get("error"), dict)


def test_an_error_within_a_stream_is_told_by_its_reason() -> None:
    with pytest.raises(ChatEnded):
        page_of(error(403, "liveChatEnded"))
    with pytest.raises(StalePageToken):
        page_of(b"[" + error(400, "pageTokenInvalid") + b"]")
    assert isinstance(failure_of(404, b"<html>Not Found</html>"), Refused)
    assert isinstance(failure_of(502, b"<html>Bad Gateway</html>"), Away)


def error(code: int, reason: str) -> bytes:
    return orjson.dumps({"error": {"code": code, "message": "m", "errors": [{"reason": reason}]}})


places = (
    "id",
    "snippet",
    "authorDetails",
    "type",
    "textMessageDetails",
    "messageText",
    "publishedAt",
    "channelId",
)
message_like = st.recursive(
    st.none()
    | st.integers()
    | words
    | st.sampled_from(["textMessageEvent", "tombstone", "2026-11-22T20:00:00Z"]),
    lambda inner: st.dictionaries(st.sampled_from(places), inner) | st.lists(inner, max_size=2),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(places), message_like))
def test_whatever_comes_for_a_message_is_a_comment_or_counted(item: dict[str, object]) -> None:
    assert isinstance(read_message(item, "maya"), Incoming | Ignored)


@given(words, words)
def test_a_comment_is_what_the_pipeline_takes(said: str, name: str) -> None:
    read = read_message(
        {
            "id": "LCC.1",
            "snippet": {
                "type": "textMessageEvent",
                "publishedAt": "2026-11-22T20:00:00+00:00",
                "textMessageDetails": {"messageText": f"{said}\x00" * 3_000},
            },
            "authorDetails": {"channelId": "UC1", "displayName": name * 300},
        },
        "maya",
    )
    if isinstance(read, Incoming):
        assert 1 <= len(read.message) <= 2_000
        assert 1 <= len(read.client) <= 200
        assert "\x00" not in read.message
    else:
        assert not said.strip()


@pytest.mark.parametrize(
    "text",
    ["", "nope", "https://example.com/watch?v=dQw4w9WgXcQ", "https://youtube.com/@maya", "https://[::1"],
)
def test_what_names_no_video_is_said(text: str) -> None:
    with pytest.raises(NoSuchVideo, match="no video of YouTube"):
        video_id(text)


@pytest.mark.parametrize("module", [quota, video], ids=lambda module: module.__name__)
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
