"""The slots of a claim, read again beside the streamer's catalog."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.records import ClassifiedComment, Viewer
from stages.adapters.claim import resolve_claim
from stages.adapters.slots import Slots, parse_slots

CODES = ["JKT-01", "BAG-05", "A03", "B-12", "LUV9", "7", "A1B2"]


def comment(message: str) -> ClassifiedComment:
    slots = parse_slots(message)
    return ClassifiedComment(
        comment_id=UUID(int=1),
        seq="1-1",
        streamer="ana",
        viewer=Viewer(platform="tiktok", client="bo"),
        message=message,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
        intent="buy",
        score=0.9,
        quantity=slots.quantity,
        variant=slots.variant,
        code=slots.code,
    )


@pytest.mark.parametrize(
    ("message", "slots"),
    [
        # what is read wrongly without the catalog
        ("BAG-05 2", Slots(2, None, "BAG-05")),
        ("bag 05 x2 please", Slots(2, None, "BAG-05")),
        ("jkt01+3", Slots(3, None, "JKT-01")),
        ("JKT-1 in M", Slots(None, "M", "JKT-01")),
        ("b12 please", Slots(None, None, "B-12")),
        ("a1b2 x 4", Slots(4, None, "A1B2")),
        ("luv9, 3 of it", Slots(3, None, "LUV9")),
        ("เอา jkt-๐๑ ๒ ตัว", Slots(2, None, "JKT-01")),
        ("JKT-01 and BAG-05 mine", Slots(None, None, None)),
        # what is read rightly without, too
        ("A03+1", Slots(1, None, "A03")),
        ("mine a3", Slots(None, None, "A03")),
        ("sold 7 L", Slots(None, "L", "7")),
        ("7 please", Slots(7, None, None)),
        ("2 in M blue pls", Slots(2, "blue / M", None)),
        # what this catalog doesn't have
        ("Z99+2", Slots(2, None, None)),
        ("sold 44", Slots(None, None, None)),
        ("get me a 1", Slots(1, None, None)),
    ],
)
def test_the_catalog_s_codes_are_known_and_their_digits_count_no_pieces(message: str, slots: Slots) -> None:
    assert resolve_claim(comment(message), CODES) == slots


@pytest.mark.parametrize("message", ["A03+1", "sold 12 L", "two in blue"])
def test_without_codes_the_slots_stay(message: str) -> None:
    said = comment(message)
    assert resolve_claim(said, []) == Slots(said.quantity, said.variant, said.code)


def test_of_two_codes_that_differ_in_zeros_the_one_that_is_spelt_so_is_meant() -> None:
    assert resolve_claim(comment("mine A3"), ["A3", "A03"]).code == "A3"
    assert resolve_claim(comment("mine A003"), ["A3", "A03"]).code is None
