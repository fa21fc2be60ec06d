"""The public stream as a history."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.history import RedisHistory
from pipeline.engines.redis.keys import Keys
from pipeline.replay import Span

KEYS = Keys("shop:")
IDS = ["1000-0", "1000-1", "1000-2", "1000-3", "1999-0", "2000-0", "3000-5"]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A Redis whose public stream holds IDS."""
    client = connect(redis_url)
    for entry_id in IDS:
        await client.execute_command("XADD", KEYS.comments, entry_id, "message", entry_id)
    yield client
    await client.aclose()


async def read(redis: Redis, span: Span, page: int = 2) -> list[list[str]]:
    return [[entry.seq for entry in each] async for each in RedisHistory(redis, KEYS, page).pages(span)]


async def test_a_span_is_read_in_pages_in_the_order_of_the_ids(redis: Redis) -> None:
    assert await read(redis, Span(0, 4000), 3) == [IDS[:3], IDS[3:6], IDS[6:]]


async def test_a_span_ends_before_its_end(redis: Redis) -> None:
    assert await read(redis, Span(1000, 2000)) == [IDS[:2], IDS[2:4], IDS[4:5]]
    assert await read(redis, Span(2000, 3000)) == [["2000-0"]]
    assert await read(redis, Span(2001, 3000)) == []


async def test_fields_come_as_they_are(redis: Redis) -> None:
    pages = [page async for page in RedisHistory(redis, KEYS).pages(Span(3000, 3001))]
    assert [(entry.milliseconds, entry.fields) for entry in pages[0]] == [(3000, {b"message": b"3000-5"})]


@pytest.mark.parametrize(
    ("span", "bounds"),
    [
        (Span(0, 9999), Span(1000, 3001)),
        (Span(1001, 2500), Span(1999, 2001)),
        (Span(2001, 3000), None),
    ],
)
async def test_bounds_hold_what_there_is(redis: Redis, span: Span, bounds: Span | None) -> None:
    assert await RedisHistory(redis, KEYS).bounds(span) == bounds


async def test_where_there_is_no_stream_there_is_no_history(redis: Redis) -> None:
    await redis.delete(KEYS.comments)
    assert await read(redis, Span(0, 9999)) == []
    assert await RedisHistory(redis, KEYS).bounds(Span(0, 9999)) is None
