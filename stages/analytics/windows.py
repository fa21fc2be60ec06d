"""What the last minutes of a show come to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from schemas.money import Money
from stages.adapters.same_words import same_words
from stages.analytics.facts import Step
from stages.analytics.panes import PANE_SECONDS, Pane, start_of

WINDOWS_SECONDS = (60, 300, 900)
"""The windows, which slide by a pane."""
_TOP_QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Window:
    """The last `seconds`, to within a pane: the comments that came and how many of them took each step until now, what
    was paid meanwhile by currency in minor units (refunds are not taken off), and the questions asked most, in the
    words of most who asked, with how often."""

    seconds: int
    comments: int = 0
    buys: int = 0
    matches: int = 0
    orders: int = 0
    paid: int = 0
    revenue: tuple[tuple[str, int], ...] = ()
    questions: tuple[tuple[str, int], ...] = ()

    @property
    def steps(self) -> tuple[int, ...]:
        """How many took each step, from comments on."""
        return self.comments, self.buys, self.matches, self.orders, self.paid

    @property
    def conversion(self) -> tuple[float | None, ...]:
        """At each step the share of those of the step before, 0 to 1; None of nobody, as at the first."""
        return None, *(after / before if before else None for before, after in pairwise(self.steps))


def windows(panes: Mapping[int, Pane], now_ms: int) -> tuple[Window, ...]:
    """All windows that end now, with the pane that is not over yet; `panes` by their start in epoch seconds."""
    newest = start_of(now_ms)
    return tuple(
        _window(seconds, [pane for start, pane in panes.items() if newest - seconds < start <= newest])
        for seconds in WINDOWS_SECONDS
    )


def is_over(start: int, now_ms: int) -> bool:
    """Whether no window will reach this pane any more."""
    return start <= start_of(now_ms) - max(WINDOWS_SECONDS) - PANE_SECONDS


def _window(seconds: int, panes: Iterable[Pane]) -> Window:
    taken: Counter[Step] = Counter()
    asked: list[str] = []
    paid: dict[str, Money] = {}
    for pane in panes:
        taken.update(pane.steps.values())
        asked += pane.asked.values()
        paid.update(pane.paid)
    comments, buys, matches, orders, count = (_took(step, taken) for step in Step)
    revenue: Counter[str] = Counter()
    for money in paid.values():
        revenue[money.currency] += money.amount_minor
    return Window(seconds, comments, buys, matches, orders, count, _most(revenue), _questions(asked))


def _took(step: Step, taken: Mapping[Step, int]) -> int:
    return sum(count for steps, count in taken.items() if step in steps)


def _questions(asked: Iterable[str]) -> tuple[tuple[str, int], ...]:
    wordings: dict[str, Counter[str]] = defaultdict(Counter)
    for words in asked:
        wordings[same_words(words)][words] += 1
    counted = {_most(each)[0][0]: each.total() for each in wordings.values()}
    return _most(counted)[:_TOP_QUESTIONS]


def _most(counted: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    """The most first, then by name."""
    return tuple(sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])))
