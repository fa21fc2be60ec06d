"""What runs side by side ends together."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from pipeline.cancellation import together


async def fail(error: Exception, go: asyncio.Event) -> None:
    await go.wait()
    raise error


async def wait_for_ever() -> None:
    await asyncio.Event().wait()


async def test_where_two_fail_at_once_the_first_is_raised_and_names_the_other() -> None:
    untold: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
    go = asyncio.Event()
    asyncio.get_running_loop().call_soon(go.set)
    with pytest.raises(ValueError, match="one") as raised:
        await together(wait_for_ever(), fail(ValueError("one"), go), fail(KeyError("two"), go))
    assert raised.value.__notes__ == ["At the same time: KeyError('two')"]
    gc.collect()  # a task whose failure nobody asked for complains when it goes
    assert untold == []


async def test_the_end_of_one_is_the_end_of_all() -> None:
    ended = asyncio.Event()

    async def waits() -> None:
        try:
            await wait_for_ever()
        finally:
            ended.set()

    await together(waits(), asyncio.sleep(0))
    assert ended.is_set()
