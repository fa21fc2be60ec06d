"""The wait before the next attempt."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pipeline.backoff
from pipeline.backoff import delay_seconds

attempts = st.integers(1, 10_000)
seconds = st.floats(0.001, 3600)
chance = st.floats(0, 1, exclude_max=True)


def test_the_examples_hold() -> None:
    results = doctest.testmod(pipeline.backoff)
    assert results.attempted > 0
    assert results.failed == 0


@given(attempts, seconds, seconds, chance)
def test_a_wait_is_never_negative_and_never_above_the_cap(
    attempt: int, base: float, cap: float, share: float
) -> None:
    wait = delay_seconds(attempt, base_seconds=base, cap_seconds=cap, random=lambda: share)
    assert 0 <= wait <= cap


@given(st.integers(1, 30), seconds, chance)
def test_the_bound_doubles_until_the_cap(attempt: int, base: float, share: float) -> None:
    def wait(attempt: int) -> float:
        return delay_seconds(attempt, base_seconds=base, cap_seconds=float("inf"), random=lambda: share)

    assert wait(attempt + 1) == pytest.approx(2 * wait(attempt))


@given(attempts, seconds, seconds)
def test_the_jitter_is_full(attempt: int, base: float, cap: float) -> None:
    def wait(share: float) -> float:
        return delay_seconds(attempt, base_seconds=base, cap_seconds=cap, random=lambda: share)

    assert wait(0.0) == 0
    assert wait(0.25) == pytest.approx(wait(0.5) / 2)


@pytest.mark.parametrize("attempt", [0, -1])
def test_attempts_are_counted_from_one(attempt: int) -> None:
    with pytest.raises(ValueError, match="counted from 1"):
        delay_seconds(attempt, base_seconds=1, cap_seconds=1, random=lambda: 0.5)
