"""Windows over a show: counted once whatever is told twice, late or in another order."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import reduce

import orjson
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import Money
from stages.analytics.facts import Facts, Step
from stages.analytics.panes import PANE_SECONDS, Pane, panes_of, start_of
from stages.analytics.windows import WINDOWS_SECONDS, Window, is_over, windows

NOW_MS = 1_790_000_005_000
STEPS = [Step(1), Step(3), Step(7), Step(15), Step(31)]


@st.composite
def told(draw: st.DrawFn) -> Facts:
    """One of few comments, so that some are told more than once, with different steps."""
    number = draw(st.integers(0, 12))
    steps = draw(st.sampled_from(STEPS))
    money = Money(amount_minor=100 * number, currency="USD" if number % 2 else "JPY")
    return Facts(
        streamer="maya",
        comment=f"c{number}",
        came_ms=NOW_MS - number * 97_000,
        ended_ms=NOW_MS - draw(st.integers(0, 960)) * 1000,
        steps=steps,
        asked=f"how much is {number % 3}?" if steps == Step.COMMENT and number % 2 else "",
        paid={f"ORD-{number}": money} if Step.PAID in steps else {},
    )


def kept(facts: Iterable[Facts]) -> dict[int, Pane]:
    panes: dict[int, Pane] = {}
    for each in facts:
        for start, pane in panes_of(each):
            panes[start] = panes.get(start, Pane()).merged(pane)
    return panes


@given(st.lists(told(), max_size=40), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_what_is_counted(facts: list[Facts], rng: random.Random) -> None:
    again = [*facts, *rng.sample(facts, len(facts) // 2)]
    rng.shuffle(again)
    assert windows(kept(again), NOW_MS) == windows(kept(facts), NOW_MS)


@given(st.lists(told(), max_size=40), st.integers(0, 40))
def test_panes_that_were_kept_and_read_again_count_the_same(facts: list[Facts], cut: int) -> None:
    before, after = kept(facts[:cut]), kept(facts[cut:])
    read = {start: Pane.from_json(orjson.loads(orjson.dumps(p.as_json()))) for start, p in before.items()}
    joined = {
        start: reduce(Pane.merged, (side[start] for side in (read, after) if start in side))
        for start in {*read, *after}
    }
    assert joined == kept(facts)


@given(st.lists(told(), max_size=40))
def test_each_window_counts_comments_that_came_and_money_that_was_paid_in_it(facts: list[Facts]) -> None:
    newest = start_of(NOW_MS)
    for window in windows(kept(facts), NOW_MS):
        begin_ms = (newest - window.seconds + PANE_SECONDS) * 1000
        came = {each.comment for each in facts if each.came_ms >= begin_ms}
        bought = {each.comment for each in facts if each.came_ms >= begin_ms and Step.BUY in each.steps}
        paid = {o: m for each in facts if each.ended_ms >= begin_ms for o, m in each.paid.items()}
        assert (window.comments, window.buys) == (len(came), len(bought))
        assert sum(minor for _, minor in window.revenue) == sum(m.amount_minor for m in paid.values())


@given(st.lists(told(), max_size=40))
def test_a_longer_window_counts_no_less_and_no_step_more_than_the_one_before(facts: list[Facts]) -> None:
    found = windows(kept(facts), NOW_MS)
    assert [window.seconds for window in found] == list(WINDOWS_SECONDS)
    for window in found:
        assert window.comments >= window.buys >= window.matches >= window.orders >= window.paid
        assert all(rate is None or 0 <= rate <= 1 for rate in window.conversion)
    assert [window.comments for window in found] == sorted(window.comments for window in found)


@given(st.integers(0, 2_000))
def test_a_pane_is_over_once_no_window_reaches_it(seconds_ago: int) -> None:
    start = start_of(NOW_MS - seconds_ago * 1000)
    counted = windows({start: Pane({"c": Step.COMMENT})}, NOW_MS)[-1].comments
    assert not (counted and is_over(start, NOW_MS))
    assert is_over(start, NOW_MS + (max(WINDOWS_SECONDS) + 2 * PANE_SECONDS) * 1000)


def test_questions_are_grouped_however_they_are_spelled_the_most_asked_first() -> None:
    asked = ["How much?", "how much", "how much", "HOW  MUCH!!", "do you ship to Spain?", "size M?", "size m"]
    pane = Pane(asked={str(number): words for number, words in enumerate(asked)})
    [minute, *_] = windows({start_of(NOW_MS): pane}, NOW_MS)
    assert minute.questions == (("how much", 4), ("size M?", 2), ("do you ship to Spain?", 1))


def test_a_rate_of_nothing_is_not_known() -> None:
    assert Window(60, comments=4, buys=2).conversion == (None, 0.5, 0.0, None, None)
