"""A text is judged once, however often it is written."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.classifier import Judgement
from stages.adapters.judgement_memory import RememberingClassifier


class CountingClassifier:
    """Judges by length; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        self.asked += texts
        return [Judgement("buy", float(len(text))) for text in texts]


@given(
    st.lists(st.lists(st.sampled_from(["mine", "price?", "", "❤️", "buy", "sold"]), max_size=8), max_size=6)
)
def test_answers_are_those_of_the_model_in_the_order_of_the_texts(calls: list[list[str]]) -> None:
    remembering = RememberingClassifier(CountingClassifier(), kept=2)
    for texts in calls:
        assert remembering.classify(texts) == CountingClassifier().classify(texts)


def test_a_text_is_judged_once_within_a_call_and_across_calls() -> None:
    model = CountingClassifier()
    remembering = RememberingClassifier(model)
    remembering.classify(["mine", "mine", "hi"])
    remembering.classify(["hi", "sold", "mine"])
    assert model.asked == ["mine", "hi", "sold"]


def test_only_the_texts_that_came_up_last_are_kept() -> None:
    model = CountingClassifier()
    remembering = RememberingClassifier(model, kept=2)
    for text in ("a", "b", "a", "c", "a", "b"):
        remembering.classify([text])
    assert model.asked == ["a", "b", "c", "b"]
