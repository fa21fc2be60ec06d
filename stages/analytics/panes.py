"""Ten seconds of a show, as what is known of them grows.

Windows that slide by a step are put together from panes of that step, each counted once (Li et al., "No pane, no gain",
SIGMOD Record 34, 2005). A pane holds which comments took which steps, not how many: what is told twice, late or in
another order changes nothing, so deliveries at least once are counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from schemas.money import Money
from stages.analytics.facts import Facts, Step

PANE_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Pane:
    """By comment the steps that it took, and what it asked; by order number what was paid."""

    steps: Mapping[str, Step] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    paid: Mapping[str, Money] = field(default_factory=dict)

    def merged(self, other: Pane) -> Pane:
        """What either knows. Associative, commutative, and idempotent."""
        steps = dict(self.steps)
        for comment, taken in other.steps.items():
            steps[comment] = steps.get(comment, Step(0)) | taken
        asked = dict(self.asked)
        for comment, words in other.asked.items():
            asked[comment] = max(words, asked.get(comment, ""))
        paid = dict(self.paid)
        for order, money in other.paid.items():
            paid[order] = max(money, paid.get(order, money), key=_rank)
        return Pane(steps, asked, paid)

    def as_json(self) -> dict[str, Any]:
        """As a table keeps it."""
        return {
            "steps": {comment: int(steps) for comment, steps in self.steps.items()},
            "asked": dict(self.asked),
            "paid": {order: [money.amount_minor, money.currency] for order, money in self.paid.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Pane:
        """As it was kept."""
        return cls(
            {comment: Step(steps) for comment, steps in kept["steps"].items()},
            dict(kept["asked"]),
            {
                order: Money(amount_minor=minor, currency=code)
                for order, (minor, code) in kept["paid"].items()
            },
        )


def panes_of(facts: Facts) -> Iterator[tuple[int, Pane]]:
    """What a pane, by its start (epoch seconds), learns: a comment counts when it came, money when it was paid."""
    asked = {facts.comment: facts.asked} if facts.asked else {}
    yield start_of(facts.came_ms), Pane({facts.comment: facts.steps}, asked)
    if facts.paid:
        yield start_of(facts.ended_ms), Pane(paid=facts.paid)


def start_of(moment_ms: int) -> int:
    """When the pane began that a moment (epoch milliseconds) lies in, in epoch seconds."""
    return moment_ms // 1000 // PANE_SECONDS * PANE_SECONDS


def _rank(money: Money) -> tuple[int, str]:
    return money.amount_minor, money.currency
