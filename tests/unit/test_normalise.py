import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.normalise import LONGEST, normalise


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ｍｉｎｅ！", "mine!"),
        ("mi\u200bne", "mine"),
        ("so\x00ld\x07", "sold"),
        ("neeeeeed", "need"),
        ("sold!!!!!!", "sold!!"),
        ("1000 pieces", "1000 pieces"),
        ("  a \t\n b  ", "a b"),
        ("\u202eabc\u202c", "abc"),
        ("❤️", "❤"),
        ("😍😍😍😍😍", "😍😍"),
        ("chốt", "chốt"),
        ("", ""),
        ("\u200b\u200d\ufeff", ""),
        ("\ud800", ""),
    ],
)
def test_text_is_read_as_a_viewer_sees_it(text: str, seen: str) -> None:
    assert normalise(text) == seen


@given(st.text(max_size=200))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_very_long_text_is_cut() -> None:
    assert len(normalise("ab " * 100_000)) <= LONGEST
