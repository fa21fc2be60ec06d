"""What a comment tells of people is taken out before it is exported."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.feedback.masking import masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("@ana.b. mine", "@user. mine"),
        ("＠ana_b 2 pls", "@user 2 pls"),
        ("@\u200bana\u200bb mine", "@user mine"),
        ("@김민지 저 하나 주세요", "@user 저 하나 주세요"),
        ("mail me: bo+1@shop.example.com ok", "mail me: @user ok"),
        ("my number is +15550107777", "my number is +00000000000"),
        ("WA 0812-3456-7890 ya", "WA 0000-0000-0000 ya"),
        ("رقمي ٠٥٥٥٠١٠٧٧٧٧", "رقمي 00000000000"),
        ("where is ORD-20260101-00001?", "where is ORD-00000000-00000?"),
        ("see https://t.me/ana_b?x=1 now", "see example.com now"),
        ("wa.me/15550107777", "example.com"),
        ("Bo_77 says hi to ANA.LIVE", "@user says hi to @user"),
    ],
)
def test_mentions_addresses_links_and_long_numbers_go(text: str, kept: str) -> None:
    assert masked(text, ["bo_77", "ana.live"]) == kept


@pytest.mark.parametrize(
    "text",
    ["sold 12 L", "A03+1", "2 in M blue pls", "I'll pay 129.99 for 2", "1 2 3 go", "me me me", "50k @ 2"],
)
def test_what_a_claim_says_stays(text: str) -> None:
    assert masked(text, ["me", "go"]) == text


@given(st.text(alphabet="0123456789 -+().x@ab", max_size=60))
def test_no_run_of_seven_digits_is_left(text: str) -> None:
    assert not re.search(r"(?:[1-9][ ().+-]?){7}", masked(text))


@given(st.text(max_size=80))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert masked(masked(text)) == masked(text)
