"""Feeding the past: order, tempo, and never too far ahead of the run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from pipeline.replay import IN_FLIGHT, Feeder, PastEntry, Span, Tempo


@dataclass
class Clock:
    """A clock that only sleeping moves."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Pages:
    """A history of so many pages."""

    given: Sequence[Sequence[PastEntry]]

    async def bounds(self, span: Span) -> Span | None:
        return span

    async def pages(self, span: Span) -> AsyncIterator[Sequence[PastEntry]]:
        for page in self.given:
            yield page


@dataclass
class Run:
    """A run that finishes `each` entries whenever it is looked at."""

    each: int
    fed: list[str] = field(default_factory=list)
    waiting: int = 0
    most: int = 0

    async def feed(self, entries: Sequence[PastEntry]) -> None:
        self.fed += [entry.seq for entry in entries]
        self.waiting += len(entries)
        self.most = max(self.most, self.waiting)

    async def unfinished(self) -> int:
        self.waiting = max(0, self.waiting - self.each)
        return self.waiting


def entries(*milliseconds: int) -> list[PastEntry]:
    return [PastEntry(f"{ms}-{number}", {}) for number, ms in enumerate(milliseconds)]


async def everything(page: Sequence[PastEntry]) -> Sequence[PastEntry]:
    return page


SPAN = Span(0, 10**13)


async def test_entries_are_fed_in_their_order_and_under_their_ids() -> None:
    run = Run(each=1000)
    pages = [entries(1, 1, 2), entries(3)]
    feeder = Feeder(Pages(pages), run, everything, Tempo(None, Clock()))
    await feeder.feed(SPAN)
    assert run.fed == ["1-0", "1-1", "2-2", "3-0"]
    assert (feeder.fed.fed, feeder.fed.position_ms) == (4, 3)


async def test_what_was_not_chosen_is_read_and_not_fed() -> None:
    async def second(page: Sequence[PastEntry]) -> Sequence[PastEntry]:
        return page[1:2]

    run = Run(each=1000)
    feeder = Feeder(Pages([entries(1, 2, 3)]), run, second, Tempo(None, Clock()))
    await feeder.feed(SPAN)
    assert run.fed == ["2-1"]
    assert (feeder.fed.fed, feeder.fed.position_ms) == (1, 3)


async def test_ten_times_the_speed_waits_a_tenth() -> None:
    clock, run = Clock(), Run(each=1000)
    history = Pages([entries(5_000, 5_000, 15_000), entries(16_000)])
    await Feeder(history, run, everything, Tempo(10, clock), clock.sleep).feed(SPAN)
    assert clock.slept == pytest.approx([1.0, 0.1])
    assert len(run.fed) == 4


async def test_time_lost_elsewhere_is_made_up_for() -> None:
    clock = Clock()
    tempo = Tempo(2, clock)
    assert tempo.wait_seconds(0) == 0
    clock.now += 3
    assert tempo.wait_seconds(10_000) == pytest.approx(2)
    assert tempo.wait_seconds(4_000) == 0


async def test_a_run_is_never_given_more_than_it_may_hold() -> None:
    clock, run = Clock(), Run(each=10)
    pages = [entries(*range(start, start + 500)) for start in range(0, 5000, 500)]
    await Feeder(Pages(pages), run, everything, Tempo(None, clock), clock.sleep).feed(SPAN)
    assert len(run.fed) == 5000
    assert run.most < IN_FLIGHT + 500


async def test_drained_is_once_nothing_is_unfinished() -> None:
    clock, run = Clock(), Run(each=1, waiting=5)
    await Feeder(Pages([]), run, everything, Tempo(None, clock), clock.sleep).drained()
    assert run.waiting == 0
    assert len(clock.slept) == 4


@pytest.mark.parametrize(("position", "share"), [(50, 0.0), (99, 0.0), (149, 0.5), (199, 1.0), (300, 1.0)])
def test_the_share_of_a_span(position: int, share: float) -> None:
    assert Span(100, 200).share(position) == share
