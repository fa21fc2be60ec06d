"""A client's bytes, cut into frames as the `websockets` library would."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.uri import parse_uri

from stages.doors.frame_splitter import FrameSplitter, text_frame

LIMIT = 70_000
LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536, LIMIT)


def sent(opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=mask)


def split(data: bytes, *places: int) -> list[str | bytes]:
    """What comes of it where it arrives in pieces."""
    splitter, at = FrameSplitter(LIMIT), 0
    found: list[str | bytes] = []
    for place in (*sorted(places), len(data)):
        found += splitter.split(data[at:place])
        at = place
    return found


@given(
    st.lists(st.text(max_size=300), max_size=6),
    st.lists(st.integers(0, 2000), max_size=5),
)
def test_texts_are_read_however_they_arrive(texts: list[str], places: list[int]) -> None:
    data = b"".join(sent(Opcode.TEXT, text.encode()) for text in texts)
    assert split(data, *(min(place, len(data)) for place in places)) == texts


@pytest.mark.parametrize("length", LENGTHS)
def test_a_text_of_any_length_up_to_the_limit_is_read(length: int) -> None:
    data = sent(Opcode.TEXT, b"x" * length)
    assert split(data) == split(data, 1, 3, 9, len(data) - 1) == ["x" * length]


UNUSUAL = {
    "not UTF-8": [sent(Opcode.TEXT, b"\xff\xfe")],
    "binary": [sent(Opcode.BINARY, b"x")],
    "a ping": [sent(Opcode.PING, b"x")],
    "a farewell": [sent(Opcode.CLOSE, b"\x03\xe8")],
    "not masked": [sent(Opcode.TEXT, b"x", mask=False)],
    "a reserved bit": [Frame(Opcode.TEXT, b"x").serialize(mask=True).replace(b"\x81", b"\xc1", 1)],
    "in parts, with a ping between": [
        sent(Opcode.TEXT, b"a", fin=False),
        sent(Opcode.PING, b""),
        sent(Opcode.CONT, b"b", fin=False),
        sent(Opcode.CONT, b"c"),
    ],
    "a text in the middle of another one": [sent(Opcode.TEXT, b"a", fin=False), sent(Opcode.TEXT, b"b")],
}


@pytest.mark.parametrize("frames", UNUSUAL.values(), ids=UNUSUAL)
def test_whatever_else_comes_is_handed_on_whole_and_as_it_came(frames: Sequence[bytes]) -> None:
    data = b"".join(frames)
    assert split(data) == split(data, *range(len(data))) == list(frames)


def test_after_parts_texts_are_read_again() -> None:
    parts = [sent(Opcode.TEXT, b"a", fin=False), sent(Opcode.CONT, b"b")]
    assert split(b"".join(parts) + sent(Opcode.TEXT, b"c")) == [*parts, "c"]


def test_what_is_too_long_is_handed_on_before_it_has_come_with_all_that_follows() -> None:
    head = sent(Opcode.TEXT, b"x" * (LIMIT + 1))[:20]
    splitter = FrameSplitter(LIMIT)
    assert list(splitter.split(sent(Opcode.TEXT, b"first") + head)) == ["first", head]
    assert list(splitter.split(b"more")) == [b"more"]


@pytest.mark.parametrize("length", LENGTHS)
def test_what_a_server_says_is_read_by_the_library(length: int) -> None:
    client = ClientProtocol(parse_uri("ws://there"), state=OPEN)
    client.receive_data(text_frame(b"x" * length))
    assert client.events_received() == [Frame(Opcode.TEXT, b"x" * length)]
