"""What surrounds a record on its way."""

from __future__ import annotations

import re

import orjson
import pytest

from pipeline.envelope import Envelope, NewerVersion, hop, read_envelope, traceparent, with_hop
from schemas.codec import UnreadableRecord

ID = "11111111-2222-5333-8444-555555555555"
ENVELOPE = Envelope(
    id=ID, seq="1-0", at="2026-01-01T00:00:00+00:00", trace=traceparent(ID), hops=b"[]", data=b'{"n":1}'
)


def fields(**changed: bytes | None) -> dict[bytes, bytes]:
    """The envelope's fields as Redis gives them, with some changed or (None) left out."""
    parts = [part.encode() if isinstance(part, str) else part for part in ENVELOPE.fields()]
    given = dict(zip(parts[::2], parts[1::2], strict=True))
    given.update({name.encode(): value for name, value in changed.items() if value is not None})
    return {name: value for name, value in given.items() if changed.get(name.decode(), b"") is not None}


def test_an_envelope_comes_back_as_it_went() -> None:
    assert read_envelope(fields()) == ENVELOPE


def test_unknown_fields_are_ignored() -> None:
    assert read_envelope(fields(mood=b"great")) == ENVELOPE


@pytest.mark.parametrize("name", ["id", "seq", "at", "trace", "hops", "d"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(UnreadableRecord, match=f"no field '{name}'"):
        read_envelope(fields(**{name: None}))


@pytest.mark.parametrize("version", [None, b"", b"0", b"-1", b"banana", b"1.0", b"18", b"99999", b"\xb2"])
def test_a_version_that_no_release_writes_is_unreadable(version: bytes | None) -> None:
    with pytest.raises(UnreadableRecord, match="schema version"):
        read_envelope(fields(v=version))


@pytest.mark.parametrize("version", [b"2", b"17"])
def test_a_newer_version_is_left_for_a_newer_reader(version: bytes) -> None:
    with pytest.raises(NewerVersion, match="newer"):
        read_envelope(fields(v=version, d=None))


@pytest.mark.parametrize("name", ["id", "seq", "at", "trace"])
def test_a_field_that_is_no_text_is_unreadable(name: str) -> None:
    with pytest.raises(UnreadableRecord, match="not UTF-8"):
        read_envelope(fields(**{name: b"\xff"}))


@pytest.mark.parametrize("hops", [b"", b"[", b"{}", b"7", b"\xff"])
def test_hops_that_are_no_list_are_unreadable(hops: bytes) -> None:
    with pytest.raises(UnreadableRecord, match="hops"):
        read_envelope(fields(hops=hops))


def test_hops_grow_by_one_step() -> None:
    once = with_hop(b"[]", hop("ingest", 1, 2, {}))
    twice = with_hop(once, hop("intent", 3, 4, {"intent": "buy", "score": 0.9}))
    assert twice == b'[["ingest",1,2,{}],["intent",3,4,{"intent":"buy","score":0.9}]]'


def test_the_trace_id_is_the_comments_id() -> None:
    trace = traceparent(ID)
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", trace)  # W3C Trace Context, version 00
    assert ID.replace("-", "") in trace


@pytest.mark.parametrize("hops", [b"[]", b" [ ] ", b'[["a",1,2,{}]]', b'[ ["a",1,2,{}] ]\n'])
def test_a_hop_is_added_however_those_before_it_are_written(hops: bytes) -> None:
    step = hop("b", 3, 4, {"score": 0.5})
    assert orjson.loads(with_hop(hops, step)) == [*orjson.loads(hops), orjson.loads(step)]
