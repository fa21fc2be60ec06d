"""An envelope as the one field in which a stage's stream holds it."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from pipeline.engines.redis.packing import PACKED, packed, unpacked
from pipeline.envelope import Envelope, read_envelope
from tests.contract.scene import envelope

ODD = {
    "a record of several lines": replace(envelope(1), data=b'{\n "number": 1\n}\n'),
    "no time": replace(envelope(1), at=""),
    "text beyond ASCII": replace(envelope(1), at="übermorgen"),
    "hops": replace(envelope(1), hops=b'[["first",1,2,{"note":"a b"}]]'),
}


@pytest.mark.parametrize("whole", ODD.values(), ids=ODD.keys())
def test_an_envelope_comes_out_as_it_went_in(whole: Envelope) -> None:
    line = packed(whole)
    assert isinstance(line, bytes)
    assert read_envelope(unpacked([PACKED, line])) == whole


@pytest.mark.parametrize("broken", [{"at": "a\nb"}, {"trace": "\n"}, {"hops": b"[\n]"}], ids=str)
def test_an_envelope_in_which_a_line_would_break_keeps_its_fields(broken: dict[str, Any]) -> None:
    whole = replace(envelope(1), **broken)
    assert packed(whole) == whole.fields()


def test_other_fields_than_an_envelopes_stay_as_they_are() -> None:
    assert packed(("stage", "intent", "raw", b"\n")) == ("stage", "intent", "raw", b"\n")


def test_an_entry_with_seven_fields_is_read_as_before() -> None:
    parts = [part.encode() if isinstance(part, str) else part for part in envelope(1).fields()]
    assert read_envelope(unpacked(parts)) == envelope(1)


def test_too_few_lines_are_no_envelope() -> None:
    assert unpacked([PACKED, b"1\n2"]) == {PACKED: b"1\n2"}
