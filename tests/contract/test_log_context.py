"""What a handler logs names the comment it is about."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from structlog.contextvars import get_contextvars

from pipeline.stage import Drop, Outcome
from tests.contract.rig import Item, Rig, entry, rig_on, stage
from tests.contract.scene import envelope


@pytest.fixture
async def rig(redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(redis_url) as made:
        yield made


async def test_each_line_names_its_comment_and_trace_and_nobody_elses(rig: Rig) -> None:
    bound: dict[int, dict[str, Any]] = {}

    async def handle(item: Item) -> Outcome:
        bound[item.number] = get_contextvars()
        return Drop("seen")

    rig.start(stage("logged", handle))
    for number in range(3):
        await rig.append("logged", *entry(number))

    async def all_seen() -> bool:
        return len(bound) == 3

    await rig.until(all_seen)
    for number, context in bound.items():
        sent = envelope(number)
        assert context == {"comment_id": sent.id, "trace": sent.trace}
    assert get_contextvars() == {}
