"""What a connector remembers, in Redis and in a file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.testing import VirtualClock
from stages.connectors.away import Away, Refused
from stages.connectors.file_memory import FileMemory
from stages.connectors.memory import MEMORY_SECONDS, Memory
from stages.connectors.redis_memory import RedisMemory
from stages.connectors.source import Checkpoint

Open = Callable[[], AbstractAsyncContextManager[Memory]]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["redis", "file"])
def opened(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path, clock: VirtualClock) -> Open:
    """Opens the same memory each time, as a process would."""

    @asynccontextmanager
    async def in_redis() -> AsyncIterator[Memory]:
        redis = connect(redis_url)
        yield RedisMemory(redis, Keys("shop:"), "tiktok", "maya{closet}", clock=clock)
        await redis.aclose()

    @asynccontextmanager
    async def in_file() -> AsyncIterator[Memory]:
        with FileMemory.open(tmp_path / "below" / "memory.sqlite", clock) as memory:
            yield memory

    opened: Open = in_redis if request.param == "redis" else in_file
    return opened


async def test_what_is_remembered_outlives_the_process(opened: Open) -> None:
    async with opened() as memory:
        assert await memory.known(["a", "b"]) == set()
        assert await memory.checkpoint() is None
        await memory.remember(["a"], Checkpoint("page 1"))
        await memory.remember(["c"], None)
    async with opened() as memory:
        assert await memory.known(["a", "b", "c"]) == {"a", "c"}
        assert await memory.checkpoint() == Checkpoint("page 1")


async def test_a_checkpoint_may_come_alone_and_the_last_one_counts(opened: Open) -> None:
    async with opened() as memory:
        await memory.remember([], Checkpoint("page 1"))
        await memory.remember([], Checkpoint("page 2"))
        assert await memory.checkpoint() == Checkpoint("page 2")


async def test_after_a_week_it_is_forgotten(opened: Open, clock: VirtualClock) -> None:
    async with opened() as memory:
        await memory.remember(["old", "repeated"], None)
        clock.advance(MEMORY_SECONDS - 1)
        await memory.remember(["repeated", "new"], None)
    clock.advance(2)
    async with opened() as memory:
        await memory.remember(["newest"], None)
        assert await memory.known(["old", "repeated", "new", "newest"]) == {"repeated", "new", "newest"}


async def test_streamers_and_platforms_have_memories_of_their_own(
    redis_url: str, clock: VirtualClock
) -> None:
    redis = connect(redis_url)
    await RedisMemory(redis, Keys(), "tiktok", "maya", clock=clock).remember(["a"], Checkpoint("1"))
    for platform, streamer in (("tiktok", "kenji"), ("youtube", "maya"), ("tik", "tokmaya")):
        other = RedisMemory(redis, Keys(), platform, streamer, clock=clock)
        assert (await other.known(["a"]), await other.checkpoint()) == (set(), None)
    await redis.aclose()


def test_two_processes_do_not_share_a_file(tmp_path: Path, clock: VirtualClock) -> None:
    file = tmp_path / "memory.sqlite"
    with FileMemory.open(file, clock), pytest.raises(Refused, match=r"Another connector uses .*--memory"):
        FileMemory.open(file, clock).__enter__()


def test_a_file_that_is_no_memory_is_refused(tmp_path: Path, clock: VirtualClock) -> None:
    file = tmp_path / "memory.sqlite"
    file.write_text("This is a letter, and not a short one: it goes on for more than a hundred letters. " * 9)
    with pytest.raises(Refused, match=r"can't be used as the connector's memory.*--memory"):
        FileMemory.open(file, clock).__enter__()
    with pytest.raises(Refused, match="can't be used"):
        FileMemory.open(tmp_path, clock).__enter__()


async def test_a_redis_that_is_away_is_waited_for(clock: VirtualClock) -> None:
    redis = connect("redis://127.0.0.1:1")
    memory = RedisMemory(redis, Keys(), "tiktok", "maya", clock=clock)
    for ask in (memory.known(["a"]), memory.remember(["a"], None), memory.checkpoint()):
        with pytest.raises(Away, match="is away"):
            await ask
    await redis.aclose()
