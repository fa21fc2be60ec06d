"""The collector of garbage is patient for a while only."""

from __future__ import annotations

import asyncio
import gc
import weakref

from pipeline.collector import patient_collector


class _Cycle:
    def __init__(self) -> None:
        self.itself = self


async def test_it_is_patient_while_the_block_lasts_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    with patient_collector():
        assert gc.get_threshold()[0] > 10 * before[0]
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


async def test_it_is_as_before_once_the_last_of_several_blocks_has_ended() -> None:
    before = gc.get_threshold()
    first, second = patient_collector(), patient_collector()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert gc.get_threshold()[0] > 10 * before[0]
    second.__exit__(None, None, None)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0


async def test_cycles_go_by_the_clock_however_few_they_are() -> None:
    gone = asyncio.Event()
    with patient_collector():
        weakref.finalize(_Cycle(), gone.set)
        async with asyncio.timeout(30):
            await gone.wait()
