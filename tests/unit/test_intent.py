"""Where the intent stage sends what it has judged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from pipeline.stage import Drop, Emit, Outcome
from schemas.records import Cancellation, ClassifiedComment, Comment, Intent, Viewer
from stages.adapters.classifier import Judgement
from stages.intent import classify


class Judging:
    """Judges everything alike."""

    def __init__(self, intent: Intent, score: float) -> None:
        self.judgement = Judgement(intent, score)

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        return [self.judgement] * len(texts)


class Kept:
    """Keeps the judgements of one call."""

    def __init__(self) -> None:
        self.comments: list[ClassifiedComment] = []

    async def classify(self, comments: Sequence[ClassifiedComment]) -> None:
        self.comments.extend(comments)


async def judged(message: str, intent: Intent, score: float = 0.9) -> Outcome:
    comment = Comment(
        comment_id=uuid4(),
        seq="1790000000123-4",
        streamer="maya.closet",
        viewer=Viewer(platform="tiktok", client="ana", verified=True),
        message=message,
        timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    )
    kept = Kept()
    [outcome] = await classify([comment], classifier=Judging(intent, score), store=kept, threshold=0.5)
    assert [each.message for each in kept.comments] == [message]
    return outcome


@pytest.mark.parametrize(
    ("message", "code"),
    [("cancel mine pls", None), ("cancel B7 please", "B7"), ("A5取消", "A5"), ("pass", None)],
)
async def test_a_complaint_that_takes_a_claim_back_goes_straight_to_order(
    message: str, code: str | None
) -> None:
    outcome = await judged(message, "complaint")
    assert isinstance(outcome, Emit)
    assert outcome.to == "order"
    assert isinstance(outcome.record, Cancellation)
    assert (outcome.record.code, outcome.record.retracts, outcome.record.viewer.verified) == (
        code,
        None,
        True,
    )


@pytest.mark.parametrize("message", ["मेरा ऑर्डर कैंसल कर दो", "cancel mine pls"])
async def test_a_buy_with_the_words_of_one_who_takes_it_back_makes_no_order(message: str) -> None:
    outcome = await judged(message, "buy")
    assert isinstance(outcome, Drop)
    assert outcome.reason == "unsure buy"


@pytest.mark.parametrize(
    ("message", "intent", "score"),
    [
        ("it arrived broken", "complaint", 0.9),
        ("cancel mine pls", "complaint", 0.4),
        ("can I cancel?", "question", 0.9),
    ],
    ids=["another complaint", "an unsure one", "no complaint"],
)
async def test_every_other_complaint_ends_as_one(message: str, intent: Intent, score: float) -> None:
    outcome = await judged(message, intent, score)
    assert isinstance(outcome, Drop)
    assert outcome.reason == intent


async def test_a_buy_goes_on_to_vision_and_an_unsure_one_nowhere() -> None:
    outcome = await judged("2 please", "buy")
    assert isinstance(outcome, Emit)
    assert outcome.to is None
    assert isinstance(outcome.record, ClassifiedComment)
    assert outcome.record.quantity == 2
    unsure = await judged("2 please", "buy", 0.5)
    assert isinstance(unsure, Drop)
    assert unsure.reason == "unsure buy"


async def test_a_question_says_aside_what_was_asked_and_nothing_of_it_in_the_trail() -> None:
    outcome = await judged("how much is shipping?", "question")
    assert isinstance(outcome, Drop)
    assert outcome.aside == {"asked": "how much is shipping?"}
    assert outcome.note == {"intent": "question", "score": 0.9}
