"""What an end state tells of a comment, its steps and its money."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pipeline.events import EndState
from schemas.money import Money
from stages.analytics.facts import Facts, Step, facts_of

ID = UUID("11111111-2222-5333-8444-555555555555")
PAID = {"status": "paid", "order": "ORD-1", "amount_minor": 7999, "currency": "USD"}


def told(*hops: tuple[str, dict[str, Any]], streamer: str = "maya", **aside: str) -> Facts | None:
    state = EndState(
        comment_id=ID,
        seq="1790000012345-6",
        stage=hops[-1][0],
        outcome="dropped",
        hops=[[stage, 1, 2, facts] for stage, facts in hops],
        ended_ms=1_790_000_020_000,
        streamer=streamer,
        aside=aside,
    )
    return facts_of(state)


INGEST, BUY = ("ingest", dict[str, Any]()), ("intent", {"intent": "buy", "score": 0.9})
VISION, ORDER = ("vision", {"score": 0.8}), ("order", {"order": "ORD-1"})


@pytest.mark.parametrize(
    ("hops", "steps"),
    [
        ([INGEST, ("intent", {"intent": "none"})], Step.COMMENT),
        ([INGEST, BUY], Step.COMMENT),
        ([INGEST, BUY, VISION], Step.COMMENT | Step.BUY),
        ([INGEST, BUY, VISION, ("order", {"product": "x"})], Step.COMMENT | Step.BUY | Step.MATCH),
        ([INGEST, ("intent", {"intent": "complaint"}), ("order", {})], Step.COMMENT),
        ([INGEST, BUY, VISION, ORDER, ("payment", {"status": "awaiting_payment"})], Step(15)),
        ([INGEST, BUY, VISION, ORDER, ("payment", PAID), ("notify", PAID)], Step(31)),
        ([ORDER, ("payment", {"status": "awaiting_payment"})], Step(15)),
        ([("notify", PAID)], Step(31)),
    ],
    ids=["no buy", "an unsure buy", "no match", "sold out", "cancelled", "unpaid", "paid", "reviewed", "link paid"],
)  # fmt: skip
def test_each_step_is_told_by_the_way_that_the_comment_went(
    hops: list[tuple[str, dict[str, Any]]], steps: Step
) -> None:
    facts = told(*hops)
    assert facts is not None
    assert facts.steps == steps
    assert (facts.came_ms, facts.ended_ms) == (1_790_000_012_345, 1_790_000_020_000)


@pytest.mark.parametrize(
    "hops", [[("ingest", {"first_seq": "1-0"})], [INGEST, ("order", {"retracts": "x"})]], ids=["double", "retract"]
)  # fmt: skip
def test_what_was_never_judged_is_no_comment_of_the_show(hops: list[tuple[str, dict[str, Any]]]) -> None:
    assert told(*hops) is None


def test_an_unreadable_entry_is_nobodys() -> None:
    assert told(BUY, streamer="") is None


def test_an_order_is_paid_once_by_however_many_hops_say_so() -> None:
    facts = told(INGEST, BUY, VISION, ORDER, ("payment", PAID), ("notify", {"message": "sent", **PAID}))
    assert facts is not None
    assert facts.paid == {"ORD-1": Money(amount_minor=7999, currency="USD")}


def test_a_question_is_told_in_its_words_without_what_names_somebody() -> None:
    facts = told(INGEST, ("intent", {}), asked="how  much??? write to ana@example.com")
    assert facts is not None
    assert facts.asked == "how much?? write to [e-mail]"
