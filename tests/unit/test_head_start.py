"""A stage that runs ahead of the next one of its process is told so, and told when it may go on."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.engines.redis.head_start import ENOUGH, HeadStart

KEY = "vision:{0}"


@pytest.fixture
def head_start() -> HeadStart:
    return HeadStart(doubt_seconds=0.0)


async def test_a_stream_that_nobody_here_reads_is_never_too_full(head_start: HeadStart) -> None:
    head_start.written(KEY, 10 * ENOUGH)
    assert not head_start.is_enough(KEY)


async def test_enough_is_what_was_written_and_not_yet_read(head_start: HeadStart) -> None:
    with head_start.reader(KEY):
        head_start.written(KEY, ENOUGH - 1)
        assert not head_start.is_enough(KEY)
        head_start.written(KEY, 2)
        assert head_start.is_enough(KEY)
        head_start.read(KEY, 2, asked=2)
        assert not head_start.is_enough(KEY)


async def test_who_waits_is_told_once_that_the_reader_has_read_on(head_start: HeadStart) -> None:
    told: list[str] = []

    def go_on() -> None:
        told.append("go on")

    with head_start.reader(KEY):
        head_start.once_read(KEY, go_on)
        head_start.written(KEY, ENOUGH + 100)
        head_start.once_read(KEY, go_on)
        head_start.once_read(KEY, go_on)
        head_start.read(KEY, 100, asked=100)
        assert told == []
        head_start.read(KEY, 1, asked=1)
        head_start.read(KEY, 1, asked=1)
    assert told == ["go on"]


async def test_a_reader_that_finds_less_than_it_asked_for_has_read_all_whoever_took_the_rest(
    head_start: HeadStart,
) -> None:
    with head_start.reader(KEY):
        head_start.written(KEY, 5 * ENOUGH)
        head_start.read(KEY, 3, asked=4)
        assert not head_start.is_enough(KEY)
        head_start.written(KEY, ENOUGH)
        assert head_start.is_enough(KEY)


async def test_nobody_waits_for_what_a_reader_asks_for_in_vain_since_others_took_it(
    head_start: HeadStart,
) -> None:
    go_on = asyncio.Event()
    with head_start.reader(KEY), head_start.asking(KEY):
        head_start.written(KEY, ENOUGH)
        head_start.once_read(KEY, go_on.set)
        assert head_start.is_enough(KEY)
        await go_on.wait()
        assert not head_start.is_enough(KEY)


async def test_who_asks_and_is_answered_is_believed(head_start: HeadStart) -> None:
    told: list[str] = []
    with head_start.reader(KEY):
        head_start.written(KEY, 2 * ENOUGH)
        head_start.once_read(KEY, lambda: told.append("go on"))
        for _ in range(5):
            with head_start.asking(KEY):
                pass
            head_start.read(KEY, 1, asked=1)
            await asyncio.sleep(0)
        assert told == []
        assert head_start.is_enough(KEY)


async def test_nobody_waits_for_a_reader_that_is_gone(head_start: HeadStart) -> None:
    told: list[str] = []
    with head_start.reader(KEY):
        with head_start.reader(KEY):
            head_start.written(KEY, ENOUGH)
            head_start.once_read(KEY, lambda: told.append("go on"))
        assert head_start.is_enough(KEY)
    assert told == ["go on"]
    assert not head_start.is_enough(KEY)
