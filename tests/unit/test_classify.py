import itertools
from collections.abc import Iterator, Sequence

import orjson
import pytest

from stages.adapters.classifier import Judgement, load_classifier
from stages.classify import BadLine, classify_lines

OURS = load_classifier(None)


def line(text: str) -> bytes:
    return orjson.dumps({"text": text})


def test_a_buy_carries_its_slots() -> None:
    (row,) = classify_lines([line("I'll take 2 in blue, size M please")], OURS)
    assert row["intent"] == "buy"
    assert row["score"] > 0.5
    assert (row["quantity"], row["variant"], row["code"], row["language"]) == (2, "blue / M", None, "en")


def test_other_intents_have_no_slots() -> None:
    (row,) = classify_lines([line("how much are 2 in blue?")], OURS)
    assert row["intent"] == "question"
    assert (row["quantity"], row["variant"], row["code"]) == (None, None, None)


def test_answers_come_in_the_order_of_the_lines() -> None:
    texts = [f"sold {number} please" + " really" * (number % 7) for number in range(150)]
    rows = list(classify_lines(map(line, texts), OURS, batch=16))
    assert [row["text"] for row in rows] == texts


def test_text_lines_and_blank_lines_are_read() -> None:
    rows = list(classify_lines(['{"text": "mine"}\n', "\n", '{"text": "hola", "id": 7}'], OURS))
    assert [row["text"] for row in rows] == ["mine", "hola"]


@pytest.mark.parametrize(
    "bad",
    [b"{", b'"mine"', b'{"message": "mine"}', b'{"text": 5}', b'{"text": "\xff"}', b'{"text": "\\ud800"}'],
)
def test_a_bad_line_is_named_after_the_good_ones_were_answered(bad: bytes) -> None:
    rows = classify_lines([line("mine"), line("sold"), bad, line("never read")], OURS)
    assert [next(rows)["text"], next(rows)["text"]] == ["mine", "sold"]
    with pytest.raises(BadLine, match="Line 3 "):
        next(rows)


def test_no_more_lines_are_read_than_a_batch_ahead() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for number in itertools.count():
            read += 1
            yield line(f"hello {number}")

    rows = classify_lines(endless(), OURS, batch=8)
    next(rows)
    assert read == 8


def test_lines_are_judged_in_batches() -> None:
    sizes: list[int] = []

    class Counting:
        def classify(self, texts: Sequence[str]) -> list[Judgement]:
            sizes.append(len(texts))
            return OURS.classify(texts)

    list(classify_lines([line("hi")] * 20, Counting(), batch=8))
    assert sizes == [8, 8, 4]
