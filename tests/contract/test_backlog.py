"""What a group has still to do, on a real server, also where the server itself does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from redis.asyncio import Redis

from pipeline.engines.redis.backlog import Backlog
from pipeline.engines.redis.connection import connect

KEY, GROUP = "comments_stream", "ingest"
FAR_AHEAD = 4_102_444_800_000  # the year 2100


@dataclass
class Stream:
    """A stream with its backlog."""

    redis: Redis
    backlog: Backlog

    async def fill(self, count: int, *, at_ms: int | None = None) -> list[str]:
        """Append entries; with `at_ms` under ids of that time. Returns their ids."""
        async with self.redis.pipeline(transaction=False) as pipeline:
            for number in range(count):
                pipeline.execute_command("XADD", KEY, f"{at_ms}-{number}" if at_ms else "*", "n", number)
            return [entry_id.decode() for entry_id in await pipeline.execute()]

    async def deliver(self, count: int) -> list[str]:
        """Give entries to a consumer of the group."""
        reply = await self.redis.execute_command(
            "XREADGROUP", "GROUP", GROUP, "one", "COUNT", count, "STREAMS", KEY, ">"
        )
        entries = reply[0][1]
        return [entry_id.decode() for entry_id, _ in entries]

    async def lag(self) -> int | None:
        """What the server says."""
        [group] = await self.redis.xinfo_groups(KEY)
        lag: int | None = group["lag"]
        return lag

    async def now_ms(self) -> int:
        """The server's clock."""
        seconds, microseconds = await self.redis.time()
        return int(seconds) * 1000 + int(microseconds) // 1000


@pytest.fixture
async def stream(redis_url: str) -> AsyncIterator[Stream]:
    redis = connect(redis_url)
    yield Stream(redis, Backlog(redis, KEY, GROUP))
    await redis.aclose()


async def test_unread_is_the_lag_where_the_server_knows_it(stream: Stream) -> None:
    await stream.fill(5)
    await stream.redis.xgroup_create(KEY, GROUP, "0")
    await stream.deliver(2)
    assert await stream.lag() == 3
    assert await stream.backlog.unread(100) == 3


async def test_lag_is_null_after_xdel_and_then_the_entries_are_counted(stream: Stream) -> None:
    ids = await stream.fill(8)
    await stream.redis.xgroup_create(KEY, GROUP, "0")
    await stream.deliver(2)
    await stream.redis.xdel(KEY, ids[5])
    assert await stream.lag() is None
    assert await stream.backlog.unread(100) == 5


async def test_a_group_placed_by_id_is_counted_from_there(stream: Stream) -> None:
    ids = await stream.fill(6)
    await stream.redis.xgroup_create(KEY, GROUP, ids[1])
    assert await stream.lag() is None
    assert await stream.backlog.unread(100) == 4
    await stream.redis.xgroup_setid(KEY, GROUP, ids[3])
    assert await stream.backlog.unread(100) == 2


async def test_a_lag_below_nothing_is_not_believed(stream: Stream) -> None:
    ids = await stream.fill(6)
    await stream.redis.execute_command("XGROUP CREATE", KEY, GROUP, ids[1], "ENTRIESREAD", 60)
    lag = await stream.lag()
    assert lag is not None
    assert lag < 0
    assert await stream.backlog.unread(100) == 4


async def test_without_a_group_everything_is_unread_and_without_a_stream_nothing(stream: Stream) -> None:
    assert await stream.backlog.unread(100) == 0
    await stream.fill(4)
    await stream.redis.xgroup_create(KEY, "another", "$")
    assert await stream.backlog.unread(100) == 4


@pytest.mark.parametrize("known", [True, False])
async def test_counting_ends_just_above_the_most_that_is_asked_for(stream: Stream, known: bool) -> None:
    ids = await stream.fill(2500)
    await stream.redis.xgroup_create(KEY, GROUP, "0")
    if not known:
        await stream.redis.xdel(KEY, ids[-1])
        assert await stream.lag() is None
    left = 2500 if known else 2499
    assert await stream.backlog.unread(10) == 11
    assert await stream.backlog.unread(left - 1) == left
    assert await stream.backlog.unread(left) == left
    assert await stream.backlog.unread(9999) == left


async def test_counting_sends_no_entries_and_asks_no_more_than_it_needs(stream: Stream) -> None:
    await stream.fill(2500)
    await stream.redis.config_resetstat()
    assert await stream.backlog.unread(1500) == 1501
    calls = {name: row["calls"] for name, row in (await stream.redis.info("commandstats")).items()}
    assert calls["cmdstat_xrange"] == calls["cmdstat_evalsha"] == 2


async def test_nothing_unfinished_has_no_age(stream: Stream) -> None:
    assert await stream.backlog.oldest_unfinished_seconds() is None
    ids = await stream.fill(2)
    await stream.redis.xgroup_create(KEY, GROUP, "0")
    await stream.deliver(2)
    await stream.redis.xack(KEY, GROUP, *ids)
    assert await stream.backlog.oldest_unfinished_seconds() is None


async def test_the_age_is_that_of_the_oldest_entry_pending_or_not_yet_given(stream: Stream) -> None:
    now_ms = await stream.now_ms()
    [pending] = await stream.fill(1, at_ms=now_ms - 3_600_000)
    await stream.fill(1, at_ms=now_ms - 60_000)
    without_group = await stream.backlog.oldest_unfinished_seconds()
    await stream.redis.xgroup_create(KEY, GROUP, "0")
    given_none = await stream.backlog.oldest_unfinished_seconds()
    await stream.deliver(1)
    one_pending = await stream.backlog.oldest_unfinished_seconds()
    await stream.redis.xack(KEY, GROUP, pending)
    one_done = await stream.backlog.oldest_unfinished_seconds()
    passed = (await stream.now_ms() - now_ms) / 1000
    for age in (without_group, given_none, one_pending):
        assert age is not None
        assert 3600 <= age <= 3600 + passed
    assert one_done is not None
    assert 60 <= one_done <= 60 + passed


async def test_an_entry_ahead_of_the_clock_is_no_seconds_old(stream: Stream) -> None:
    await stream.fill(1, at_ms=FAR_AHEAD)
    assert await stream.backlog.oldest_unfinished_seconds() == 0.0
