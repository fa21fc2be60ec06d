"""What the comment's words and a pinned product add to what the frames show."""

import numpy as np
import pytest

from stages.adapters.evidence import Calibration, weigh
from stages.adapters.hints import hint_log_odds

NAMES = ["Blue Denim Jacket", "Red Leather Jacket", "Teapot"]
CALIBRATION = Calibration(-5.0, 12.0, 8.0, 1.0, 0.15)


def test_a_comment_that_names_nothing_hints_at_nothing() -> None:
    assert hint_log_odds(NAMES, "me please!!") == pytest.approx([0, 0, 0])


def test_the_word_that_only_one_product_has_tells_more_than_one_that_several_have() -> None:
    odds = hint_log_odds(NAMES, "the DENIM jacket, size M")
    assert odds[0] > odds[1] > odds[2] == 0


def test_a_word_that_all_products_have_tells_nothing() -> None:
    assert hint_log_odds(["Red Mug", "Blue Mug"], "a mug for me") == pytest.approx([0, 0])


def test_what_is_pinned_is_likelier() -> None:
    odds = hint_log_odds(NAMES, "mine", pinned=2)
    assert odds[2] > 0
    assert odds[:2] == pytest.approx([0, 0])


def test_no_product_no_hint() -> None:
    assert hint_log_odds([], "jacket").shape == (0,)


def test_a_hint_at_the_best_product_raises_its_score_and_one_at_another_lowers_it() -> None:
    seen = [np.asarray([[0.5, 0.4, 0.1]], np.float32)]
    plain, named, other = (
        weigh(seen, hints, worth=CALIBRATION.worth)
        for hints in (None, np.asarray([1.0, 0.0, 0.0]), np.asarray([0.0, 1.0, 0.0]))
    )
    assert plain is not None
    assert named is not None
    assert other is not None
    assert plain.product == named.product == other.product == 0
    assert CALIBRATION.score(other) < CALIBRATION.score(plain) < CALIBRATION.score(named)


def test_a_strong_hint_decides_between_products_that_look_alike() -> None:
    seen = [np.asarray([[0.50, 0.49, 0.1]], np.float32)]
    found = weigh(seen, np.asarray([0.0, 3.0, 0.0]), worth=CALIBRATION.worth)
    assert found is not None
    assert found.product == 1
    assert found.margin == pytest.approx(-0.01, abs=1e-6)


def test_a_hint_does_not_make_a_product_seen_that_looks_quite_different() -> None:
    seen = [np.asarray([[0.6, 0.5, 0.05]], np.float32)]
    found = weigh(seen, hint_log_odds(NAMES, pinned=2), worth=CALIBRATION.worth)
    assert found is not None
    assert found.product == 0
