"""How answers come in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from pipeline.embedded.valkey import Valkey
from pipeline.engines.redis.connection import connect

BATCH_BYTES = 512 * 1024


async def test_a_whole_batch_is_taken_in_while_nobody_reads(
    valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[int] = []
    open_connection = asyncio.open_connection

    async def recording(*args: Any, **options: Any) -> Any:
        limits.append(options["limit"])
        return await open_connection(*args, **options)

    monkeypatch.setattr(asyncio, "open_connection", recording)
    redis = connect(valkey.url)
    try:
        await redis.execute_command("PING")
    finally:
        await redis.aclose()
    assert limits
    assert min(limits) > BATCH_BYTES
