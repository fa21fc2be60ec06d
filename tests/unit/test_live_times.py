"""When the pictures of a live stream were shot, by what is known of their arrival."""

from __future__ import annotations

import doctest
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

import stages.frames.footage
import stages.frames.live_clock
import stages.frames.pace
from stages.frames.footage import Shot
from stages.frames.live_times import SETTLE_SECONDS, LiveTimes

BEGAN = 1_000_000.0  # epoch seconds at which the stream's clock stood at 0


def told(arrivals: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """(seconds, the time told) of shots that come at (seconds, arrived)."""
    times = LiveTimes()
    known = [
        pair
        for seconds, arrived in arrivals
        for pair in times.add(Shot(seconds, arrived - seconds, b""), arrived)
    ]
    return [(shot.seconds, at) for at, shot in [*known, *times.rest()]]


@pytest.mark.parametrize("module", [stages.frames.footage, stages.frames.live_clock, stages.frames.pace])
def test_the_examples_are_right(module: object) -> None:
    results = doctest.testmod(module)  # type: ignore[arg-type]
    assert results.attempted > 0
    assert results.failed == 0


def test_what_was_in_store_at_the_connect_is_of_the_past() -> None:
    burst = [(second, BEGAN + 18.0 + 0.01 * second) for second in range(18)]
    live = [(second, BEGAN + second + 0.5) for second in range(18, 25)]
    assert [at for _, at in told([*burst, *live])] == pytest.approx(
        [BEGAN + second + 0.5 for second in range(25)]
    )


def test_the_first_shots_wait_two_seconds_at_most_though_no_other_comes() -> None:
    times = LiveTimes()
    assert times.held_for(BEGAN) is None
    assert list(times.add(Shot(5.0, BEGAN - 5.0, b""), BEGAN)) == []
    assert times.held_for(BEGAN + 0.5) == SETTLE_SECONDS - 0.5
    assert times.held_for(BEGAN + 60) == 0.0
    assert [at for at, _ in times.rest()] == [BEGAN]
    assert times.held_for(BEGAN + 60) is None
    assert [at for at, _ in times.add(Shot(71.0, BEGAN - 5.0, b""), BEGAN + 66)] == [BEGAN + 66]


def test_segments_come_late_but_their_pictures_keep_their_distance() -> None:
    arrivals = [(second, BEGAN + (second // 6 + 1) * 6) for second in range(60)]
    times = [at for _, at in told(arrivals)]
    assert all(later - earlier == pytest.approx(1.0) for earlier, later in pairwise(times[6:]))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=120))
def test_no_picture_is_told_before_it_was_shot_nor_after_it_came(delays: list[float]) -> None:
    arrivals: list[tuple[float, float]] = []
    for place, delay in enumerate(delays):
        earlier = arrivals[-1][1] if arrivals else 0.0
        arrivals.append((float(place), max(earlier, BEGAN + place + delay)))
    for (second, arrived), (_, at) in zip(arrivals, told(arrivals), strict=True):
        assert BEGAN + second - 1e-6 <= at <= arrived + 1e-6


def test_a_clock_that_runs_slower_than_ours_is_followed() -> None:
    arrivals = [(0.999 * second, BEGAN + second) for second in range(3600)]
    assert max(abs(at - seconds / 0.999 - BEGAN) for seconds, at in told(arrivals)) < 0.1


def test_an_encoder_that_begins_anew_is_found_out_anew() -> None:
    arrivals = [(float(second), BEGAN + second) for second in range(100)]
    arrivals += [(float(second), BEGAN + 100 + second) for second in range(10)]
    assert [at for _, at in told(arrivals)] == [BEGAN + second for second in range(110)]
