import json
from pathlib import Path
from random import Random

import pytest

from stages.training.text.near_duplicates import NearDuplicates
from stages.training.text.sheets import DATA, read_rows, read_sheet, split, without_repeats, write_rows

SHEET = """## en
buy\tmine, 2 of A12 in blue\tq=2 c=A12 v=blue
# hard: negation
feedback\tnot buying it
# hard: -
none\thi all
## es
question\t¿cuánto cuesta?
""".splitlines()


def test_a_sheet_gives_language_hard_case_and_slots() -> None:
    buy, feedback, none, question = read_sheet(SHEET, "ann")
    assert buy == {
        "text": "mine, 2 of A12 in blue",
        "intent": "buy",
        "language": "en",
        "author": "ann",
        "quantity": 2,
        "code": "A12",
        "variant": "blue",
    }
    assert feedback["hard"] == "negation"
    assert "hard" not in none
    assert question["language"] == "es"


@pytest.mark.parametrize("line", ["buying\tmine", "buy", "buy\tmine\tquantity=2"])
def test_a_malformed_line_is_named(line: str) -> None:
    with pytest.raises(ValueError, match="ann, line 2"):
        list(read_sheet(["## en", line], "ann"))


def test_a_comment_before_its_language_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        list(read_sheet(["buy\tmine"], "ann"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("How much is shipping to Spain??", "how much is shipping to spain"),
        ("how much is the shipping to Spain", "how much is shipping to spain"),
        ("how long does shipping take", None),
        ("sold 13", None),
        ("SOLD 12!", "sold 12"),
        ("😂", None),
    ],
)
def test_texts_that_nearly_repeat_are_found(text: str, found: str | None) -> None:
    assert NearDuplicates(["how much is shipping to spain", "sold 12"]).of(text) == found


def test_a_split_parts_every_author_and_keeps_repeats_together() -> None:
    rows = [
        {"text": f"{word} number {place} of the rest", "intent": "none", "language": "en", "author": author}
        for author, word in (("ann", "lovely"), ("bob", "dreadful"))
        for place in ("one", "seven", "twelve", "forty", "ninety", "hundred", "thousand", "million") * 20
    ]
    taught, held = split(rows, 0.2, Random(3))
    assert {row["text"] for row in taught}.isdisjoint(row["text"] for row in held)


def test_comments_of_the_tests_are_not_learnt() -> None:
    rows = [{"text": "I'll take the blue one please"}, {"text": "hello"}, {"text": "hello"}]
    assert without_repeats(rows, [{"text": "ill take the blue one, please!"}]) == [{"text": "hello"}]


def test_rows_are_kept_as_they_are(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"text": "két\u2028line", "intent": "none"},
        {"text": "ได้", "quantity": 2},
    ]
    write_rows(tmp_path / "rows.jsonl", rows)
    assert read_rows(tmp_path / "rows.jsonl") == rows


def test_no_test_comment_nearly_repeats_what_was_learnt_or_tuned_on() -> None:
    known = NearDuplicates(
        row["text"] for name in ("comments", "dev") for row in read_rows(DATA / f"{name}.jsonl")
    )
    tests = [row["text"] for name in ("test_other_author",) for row in read_rows(DATA / f"{name}.jsonl")]
    assert not [text for text in tests if known.of(text) is not None]


def test_there_are_enough_comments_and_hard_cases() -> None:
    rows = [
        json.loads(line)
        for name in ("comments", "dev", "test", "test_other_author")
        for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")
        if line
    ]
    assert len(rows) >= 8000
    assert len({row["text"] for row in rows}) >= 0.999 * len(rows)
    assert len({row["hard"] for row in rows if "hard" in row}) == 16
