"""A rate is kept, on a clock of the test's own."""

from __future__ import annotations

import pytest

from pipeline.pace import Pace


class Time:
    def __init__(self) -> None:
        self.now = 100.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_the_first_goes_at_once_and_the_others_at_the_rate() -> None:
    time = Time()
    pace, moments = Pace(50, clock=time.clock, sleep=time.sleep), []
    for _ in range(6):
        await pace.wait()
        moments.append(time.now)
    assert moments == pytest.approx([100, 100.02, 100.04, 100.06, 100.08, 100.10])


async def test_work_between_two_turns_counts_as_waiting() -> None:
    time = Time()
    pace, moments = Pace(1, clock=time.clock, sleep=time.sleep), []
    for _ in range(3):
        await pace.wait()
        moments.append(time.now)
        time.now += 0.75
    assert moments == pytest.approx([100, 101, 102])


async def test_who_comes_late_has_saved_up_nothing() -> None:
    time = Time()
    pace, moments = Pace(1, clock=time.clock, sleep=time.sleep), []
    for lateness in (10.0, 0.0, 0.0):
        await pace.wait()
        moments.append(time.now)
        time.now += lateness
    assert moments == pytest.approx([100, 110, 111])


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Pace(rate)
