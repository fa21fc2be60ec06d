"""How today's judgement differs from the stored one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from schemas.records import Comment, Viewer
from stages.adapters.database.history import Stored
from stages.replay.diff import Change, Comparison, Judged, changed

JACKET, BAG = UUID(int=1), UUID(int=2)
NOTHING = Stored("1-1", *[None] * 10)
ORDERED = Stored(
    "1-1", "buy", 0.9, JACKET, "Jacket", 0.8, "ORD-20260101-00001", JACKET, "Jacket", "notify", None
)
SOLD_OUT = replace(ORDERED, order_number=None, ordered_id=None, end_stage="order", end_reason="sold out")
FEEDBACK = replace(NOTHING, intent="feedback", score=0.9, end_stage="intent", end_reason="feedback")
NO_MATCH = replace(SOLD_OUT, seen_score=0.5, end_stage="vision", end_reason="no match")
CLAIM = Judged("buy", 0.9, JACKET, "Jacket", 0.8)


@pytest.mark.parametrize(
    ("stored", "now", "change"),
    [
        (ORDERED, CLAIM, None),
        (ORDERED, replace(CLAIM, score=0.51, match_score=0.71), None),
        (ORDERED, replace(CLAIM, product_id=BAG), "other_product"),
        (ORDERED, replace(CLAIM, end="no match"), "no_longer"),
        (ORDERED, Judged("feedback", 0.9, end="feedback"), "no_longer"),
        (ORDERED, replace(CLAIM, end="no frames"), "frames_gone"),
        (ORDERED, Judged(undecided="vision took longer than its 15 s"), "undecided"),
        (replace(ORDERED, end_stage=None), CLAIM, None),
        (SOLD_OUT, CLAIM, None),
        (SOLD_OUT, replace(CLAIM, product_id=BAG), "other_product"),
        (NO_MATCH, CLAIM, "newly"),
        (NO_MATCH, replace(CLAIM, end="no frames"), None),
        (FEEDBACK, CLAIM, "newly"),
        (FEEDBACK, Judged("feedback", 0.6, end="feedback"), None),
        (FEEDBACK, Judged("question", 0.6, end="question"), "intent"),
        (replace(FEEDBACK, end_stage=None), CLAIM, "nothing_stored"),
        (NOTHING, CLAIM, "nothing_stored"),
        (None, CLAIM, "nothing_stored"),
    ],
)
def test_what_counts_as_a_change(stored: Stored | None, now: Judged, change: Change | None) -> None:
    assert changed(stored, now) == change


def comment(number: int) -> Comment:
    return Comment(
        comment_id=UUID(int=number), seq="1-1", streamer="ana", viewer=Viewer(platform="tiktok", client="bo"),
        message="mine", timestamp=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def test_the_counts_stand_in_one_sentence() -> None:
    comparison = Comparison()
    for number in range(412):
        stored, now = FEEDBACK, Judged("feedback", 0.9, end="feedback")
        if number < 3:
            now = CLAIM
        elif number == 3:
            stored = ORDERED
        comparison.add(comment(number), stored, now)
    assert comparison.in_words() == "412 comments, 3 would newly be orders, 1 would no longer."
    counts = comparison.as_json()
    assert (counts["comments"], counts["newly"], counts["no_longer"], len(counts["rows"])) == (412, 3, 1, 4)


def test_a_row_tells_both_judgements() -> None:
    comparison = Comparison()
    comparison.add(comment(7), ORDERED, replace(CLAIM, product_id=BAG, product="Bag", match_score=0.77777))
    [row] = comparison.as_json()["rows"]
    assert row == {
        "change": "other_product", "comment_id": str(UUID(int=7)), "seq": "1-1", "streamer": "ana", "client": "bo",
        "message": "mine",
        "stored": {
            "intent": "buy", "score": 0.9, "product": "Jacket", "match_score": 0.8,
            "order_number": "ORD-20260101-00001", "end": "notify",
        },
        "now": {"intent": "buy", "score": 0.9, "product": "Bag", "match_score": 0.7778, "end": "order"},
    }  # fmt: skip
