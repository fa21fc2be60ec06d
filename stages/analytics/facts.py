"""What an end state tells of a comment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag
from typing import Any

from pipeline.events import EndState
from pipeline.masking import masked_words
from schemas.money import Money
from stages.adapters.normalise import normalise

_ID_DIGITS = 16  # of a comment's id: 64 bits tell those of a quarter of an hour apart


class Step(IntFlag):
    """How far a comment came, each step with those before it."""

    COMMENT = 1
    BUY = 2
    MATCH = 4
    ORDER = 8
    PAID = 16


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one comment, under `streamer`: when it came (epoch milliseconds, by its place in the public stream), the steps
    that are known of it, what it asked ('' where it is no question), and the orders that were paid at `ended_ms`."""

    streamer: str
    comment: str
    came_ms: int
    ended_ms: int
    steps: Step
    asked: str
    paid: Mapping[str, Money]


def facts_of(state: EndState) -> Facts | None:
    """What it tells; None where it is of no comment that was judged: an unreadable entry, a pin, a double, a flood."""
    steps = _steps(state)
    if not (steps and state.streamer):
        return None
    return Facts(
        streamer=state.streamer,
        comment=state.comment_id.hex[:_ID_DIGITS],
        came_ms=int(state.seq.partition("-")[0]),
        ended_ms=state.ended_ms,
        steps=steps,
        asked=masked_words(normalise(str(state.aside.get("asked", "")))),
        paid=dict(_paid(state)),
    )


def _steps(state: EndState) -> Step:
    """A later end of the same comment (its pay link was paid, its review decided) begins where that one did: a step
    implies those before it."""
    hops = {str(stage): facts for stage, _, _, facts in state.hops}
    if any(facts.get("status") == "paid" for facts in hops.values()):
        return Step.COMMENT | Step.BUY | Step.MATCH | Step.ORDER | Step.PAID
    if any("order" in facts for facts in hops.values()):
        return Step.COMMENT | Step.BUY | Step.MATCH | Step.ORDER
    if "vision" in hops:
        matched = Step.MATCH if "order" in hops else Step(0)
        return Step.COMMENT | Step.BUY | matched
    return Step.COMMENT if "intent" in hops else Step(0)


def _paid(state: EndState) -> Iterator[tuple[str, Money]]:
    for _, _, _, facts in state.hops:
        if facts.get("status") == "paid" and "order" in facts:
            yield str(facts["order"]), _total(facts)


def _total(facts: Mapping[str, Any]) -> Money:
    return Money(amount_minor=facts["amount_minor"], currency=facts["currency"])
