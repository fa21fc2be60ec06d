"""What two comments come down to when they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.same_words import same_words


@pytest.mark.parametrize(
    "dressed_up",
    [
        "i want it",
        "I  want\tit!!!",
        "I w\u200ban\u2060t i\ufefft",
        "\u202eI want it",
        "І wаnt іt",  # Cyrillic letters among them
        "Ι ωαnt it",  # Greek ones
        "ｉ ｗａｎｔ ｉｔ",
        "𝐈 𝓌𝒶𝓃𝓉 𝕚𝕥",
        "Í ẃánt ït",
        "I w̷̛a̴n̵t i̶t",
        "❤️ I want it 💕💕",
        "I-w-a-n-t-i-t",
    ],
)
def test_words_that_are_dressed_up_are_the_same(dressed_up: str) -> None:
    assert same_words(dressed_up) == same_words("I want it")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I want 2", "I want 3"),
        ("A1", "A2"),
        ("size M", "size L"),
        ("ほしい", "すごい"),
        ("がほしい", "かほしい"),
        ("चाहिए", "चाहता"),
        ("का", "की"),
        ("นี่", "นา"),
        ("نعم", "لا"),
        ("❤️", "🔥"),
        ("?", "!"),
    ],
)
def test_other_words_are_others_in_any_script(one: str, other: str) -> None:
    assert same_words(one) != same_words(other)


@given(st.text(max_size=100))
def test_invisible_characters_change_nothing(text: str) -> None:
    assert same_words("\u200b".join(text)) == same_words(text)
