"""How fast messages leave one sender."""

from __future__ import annotations

import pytest

from stages.adapters.message_rate import MessageRate


class Time:
    """Passes where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_a_seconds_messages_leave_at_once_and_then_evenly() -> None:
    time = Time()
    rate = MessageRate(4, time, time.sleep)
    left = []
    for _ in range(8):
        await rate.take_turn()
        left.append(time.now - 100)
    assert left == pytest.approx([0, 0, 0, 0, 0.25, 0.5, 0.75, 1.0])


async def test_what_was_not_used_is_saved_for_a_second_only() -> None:
    time = Time()
    rate = MessageRate(2, time, time.sleep)
    time.now += 3600
    for _ in range(3):
        await rate.take_turn()
    assert time.now == pytest.approx(3700.5)


async def test_less_than_one_a_second_may_be_asked_for() -> None:
    time = Time()
    rate = MessageRate(0.5, time, time.sleep)
    await rate.take_turn()
    assert rate.wait_seconds == pytest.approx(2.0)
    time.now += 2
    assert rate.wait_seconds == 0
