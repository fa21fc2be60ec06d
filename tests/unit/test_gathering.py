"""Texts that come at the same time are judged together, and each gets its own answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from stages.adapters.classifier import Judgement
from stages.adapters.gathering import MOST_AT_ONCE, MOST_WAITING, Crowded, Gathering


class Held:
    """A classifier that judges when it is let; a text's score is its number. It breaks on "bad"."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.begun, self.let = threading.Event(), threading.Event()

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        self.batches.append(list(texts))
        self.begun.set()
        assert self.let.wait(30)
        if "bad" in texts:
            raise ValueError("bad")
        return [Judgement("buy", int(text) / 1e6) for text in texts]


async def busy(held: Held, gathering: Gathering) -> asyncio.Task[Judgement]:
    """A judgement that is under way."""
    first = asyncio.create_task(gathering.judge("0"))
    await asyncio.to_thread(held.begun.wait, 30)
    return first


async def test_a_single_text_is_judged_at_once() -> None:
    held = Held()
    held.let.set()
    assert await Gathering(held).judge("7") == Judgement("buy", 7e-6)
    assert held.batches == [["7"]]


async def test_what_comes_meanwhile_is_judged_together_and_in_order() -> None:
    held, sizes = Held(), list[int]()
    gathering = Gathering(held, note=sizes.append)
    first = await busy(held, gathering)
    others = [asyncio.create_task(gathering.judge(str(number))) for number in range(1, 100)]
    await asyncio.sleep(0)
    held.let.set()
    assert [judged.score for judged in await asyncio.gather(first, *others)] == [n / 1e6 for n in range(100)]
    assert sizes == [1, MOST_AT_ONCE, 99 - MOST_AT_ONCE]


async def test_a_text_that_breaks_the_classifier_costs_its_neighbours_nothing() -> None:
    held = Held()
    gathering = Gathering(held)
    first = await busy(held, gathering)
    others = [asyncio.create_task(gathering.judge(text)) for text in ("1", "bad", "2")]
    await asyncio.sleep(0)
    held.let.set()
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Judgement, Judgement, ValueError, Judgement]
    assert (await gathering.judge("3")).score == 3e-6


async def test_whoever_has_gone_is_not_judged() -> None:
    held = Held()
    gathering = Gathering(held)
    first = await busy(held, gathering)
    gone, there = (asyncio.create_task(gathering.judge(text)) for text in ("1", "2"))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    held.let.set()
    await asyncio.gather(first, there)
    assert held.batches == [["0"], ["2"]]


async def test_a_crowd_is_turned_away() -> None:
    held = Held()
    gathering = Gathering(held)
    first = await busy(held, gathering)
    others = [asyncio.create_task(gathering.judge("1")) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Crowded, match="send it again"):
        await gathering.judge("2")
    held.let.set()
    await asyncio.gather(first, *others)
