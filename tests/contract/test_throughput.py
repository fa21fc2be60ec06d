"""The benchmark of throughput brings every record through, ours and the loop it is measured against."""

from __future__ import annotations

import pytest

from benchmarks.throughput import loop, ours
from tests.fixtures_servers import emptied


@pytest.mark.parametrize("contestant", [ours, loop], ids=["ours", "loop"])
async def test_every_record_is_through(
    contestant: object, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.engines.redis.consumer.BLOCK_SECONDS", 0.1)
    run = getattr(contestant, "run")  # noqa: B009 - a module of two
    assert await run(emptied(redis_url), 700) > 0
