"""Whether a process grows is told by regression."""

from __future__ import annotations

import random

import pytest

from benchmarks.memory.soak import Slope, regression


def test_growth_is_told_from_noise() -> None:
    dice = random.Random(3)
    times = [float(n) for n in range(0, 1800, 2)]
    flat = Slope.of(times, [100_000 + dice.gauss(0, 500) for _ in times])
    leaking = Slope.of(times, [100_000 + time + dice.gauss(0, 500) for time in times])
    assert abs(flat.kib_per_minute) <= 2 * flat.plus_minus
    assert leaking.kib_per_minute - leaking.plus_minus > 0
    assert leaking.kib_per_minute == pytest.approx(60, abs=10)


def test_the_error_is_that_of_least_squares() -> None:
    slope, error = regression([0, 1, 2, 3, 4], [0, 2, 1, 3, 4])
    assert slope == pytest.approx(0.9)
    assert error == pytest.approx(0.25166, abs=1e-4)
