"""What the comment's words, a claim code and a pinned product add to what the frames show."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.evidence import Calibration, weigh
from stages.adapters.hints import Called, LogOdds, Vocabulary

SKUS = ["JKT-01", "JKT-02", "TEA-12"]
SHELF = Vocabulary(
    [
        Called(
            "JKT-01", "Blue Denim Jacket", ("jacket", "veste en jean", "デニムジャケット", "청자켓", "B7")
        ),
        Called("JKT-02", "Red Leather Jacket"),
        Called("TEA-12", "Teapot", ("théière", "กาน้ำชา", "إبريق شاي", "cobalt pot")),
    ]
)
CALIBRATION = Calibration(-5.0, 12.0, 8.0, 1.0, 0.15)
SHOW = Path(__file__).parents[2] / "deploy" / "demo" / "show.json"


def odds(text: str = "", code: str | None = None, pinned: str | None = None) -> LogOdds:
    return SHELF.log_odds(SKUS, text, code, pinned)


def test_a_comment_that_names_nothing_hints_at_nothing() -> None:
    assert odds("me please!!") == pytest.approx([0, 0, 0])


def test_the_word_that_only_one_product_has_tells_more_than_one_that_several_have() -> None:
    blue, red, teapot = odds("the DENIM one, my jacket size M")
    assert blue > red > teapot == 0


def test_a_word_that_all_products_have_tells_nothing() -> None:
    mugs = Vocabulary([Called("1", "Red Mug"), Called("2", "Blue Mug")])
    assert mugs.log_odds(["1", "2"], "a mug for me") == pytest.approx([0, 0])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("I'll take the jacket, the red leather one", 1),
        ("2 teapots please", 2),
        ("je prends la theiere", 2),
        ("デニムジャケット買います", 0),
        ("청자켓을 주세요", 0),
        ("เอากาน้ำชา 1 ค่ะ", 2),
        ("اريد الإبريق شاي", 2),
        ("DENIM, blue, that jacket", 0),
    ],
)
def test_words_are_found_in_every_script_and_inflection(text: str, place: int) -> None:
    said = odds(text)
    assert int(said.argmax()) == place
    assert said[place] > np.delete(said, place).max()


def test_an_alias_within_another_product_s_whole_name_is_not_that_alias() -> None:
    blue, red, _ = odds("red leather jacket")
    assert red > blue + 2


def test_a_code_tells_more_than_a_name_and_a_name_more_than_an_alias() -> None:
    code, name, alias = odds(code="TEA-12"), odds("blue denim jacket"), odds("cobalt pot")
    assert code[2] > name[0] > alias[2] > 0


def test_what_is_pinned_is_likelier_however_it_is_spelt() -> None:
    assert odds("mine", pinned=" tea-12 ") == pytest.approx(odds("mine", pinned="TEA-12"))
    assert odds("mine", pinned="TEA-12")[2] > 0


def test_a_pin_that_is_no_product_says_nothing() -> None:
    assert odds("mine", pinned="welcome everybody!") == pytest.approx([0, 0, 0])


def test_hints_come_in_the_order_asked_for_and_for_these_products_only() -> None:
    asked = SHELF.log_odds(["TEA-12", "JKT-01"], "blue denim jacket")
    assert asked.shape == (2,)
    assert asked[1] > asked[0]
    assert SHELF.log_odds([], "jacket").shape == (0,)


@pytest.mark.parametrize(
    ("text", "code", "sku", "score"),
    [
        ("sold JKT-02", "JKT-02", "JKT-02", 0.95),
        ("mine b7", "B7", "JKT-01", 0.95),
        ("the red leather jacket is mine", None, "JKT-02", 0.85),
        ("teapot for me", None, "TEA-12", 0.85),
        ("j'achète la veste en jean", None, "JKT-01", 0.6),
        ("デニムジャケット買います", None, "JKT-01", 0.6),
    ],
)
def test_a_product_is_named_outright(text: str, code: str | None, sku: str, score: float) -> None:
    said = SHELF.outright(text, code)
    assert said is not None
    assert (said.sku, said.score, said.by_code) == (sku, score, code is not None)


@pytest.mark.parametrize(
    "text",
    ["mine!!", "I want this jacket", "the red one", "blue denim jacket and the teapot", "Z9 please", ""],
)
def test_a_word_a_part_of_a_name_or_several_products_name_none_outright(text: str) -> None:
    assert SHELF.outright(text) is None


def test_a_name_whose_words_another_product_has_too_names_none_outright() -> None:
    mugs = Vocabulary([Called("1", "Mug"), Called("2", "Stoneware Mug")])
    assert mugs.outright("a mug for me") is None
    stoneware = mugs.outright("the stoneware mug for me")
    assert stoneware is not None
    assert stoneware.sku == "2"


def test_a_code_of_two_products_is_none() -> None:
    both = Vocabulary([Called("A1", "Cup", ("X9",)), Called("A2", "Plate", ("X9",))])
    assert set(both.codes) == {"A1", "A2"}


def test_a_sku_without_digits_is_no_code() -> None:
    assert not Vocabulary([Called("BAG", "Red Bag")]).codes


def test_skus_that_differ_in_case_only_stay_apart() -> None:
    shelf = Vocabulary([Called("a1", "Cup"), Called("A1", "Plate")])
    assert int(shelf.log_odds(["a1", "A1"], code="a1").argmax()) == 0
    assert int(shelf.log_odds(["a1", "A1"], "the plate").argmax()) == 1


@given(st.text(max_size=60))
def test_any_text_gives_finite_hints_none_below_zero(text: str) -> None:
    said = odds(text)
    assert np.isfinite(said).all()
    assert (said >= 0).all()


def test_every_product_of_the_demo_is_named_by_its_name_and_code() -> None:
    products = json.loads(SHOW.read_text())["products"]
    shelf = Vocabulary([Called(p["sku"], p["name"], tuple(p["aliases"])) for p in products])
    for product in products:
        named = shelf.outright(f"I'd like the {product['name'].lower()} now!")
        assert named is not None
        assert named.sku == product["sku"]
        assert shelf.codes[product["sku"]] == product["sku"]


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


def test_a_name_decides_between_products_that_look_alike() -> None:
    seen = [np.asarray([[0.50, 0.49, 0.1]], np.float32)]
    found = weigh(seen, odds("red leather jacket"), worth=CALIBRATION.worth)
    assert found is not None
    assert found.product == 1
    assert found.margin == pytest.approx(-0.01, abs=1e-6)


def test_a_pin_does_not_make_a_product_seen_that_looks_quite_different() -> None:
    seen = [np.asarray([[0.6, 0.5, 0.05]], np.float32)]
    found = weigh(seen, odds(pinned="TEA-12"), worth=CALIBRATION.worth)
    assert found is not None
    assert found.product == 0


def test_five_hundred_products_are_asked_in_milliseconds() -> None:
    words = [f"{chr(97 + i % 26)}{chr(97 + i // 26)}word" for i in range(500)]
    shelf = Vocabulary(
        [
            Called(f"P-{i}", f"{words[i]} {words[i - 1]} mug", (words[i - 2], f"{words[i]} cup"))
            for i in range(500)
        ]
    )
    skus = [f"P-{i}" for i in range(500)]
    text = f"hello all, I want the {words[42]} {words[41]} mug please, two of them and be quick"
    assert int(shelf.log_odds(skus, text).argmax()) == 42
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        shelf.log_odds(skus, text)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.02
