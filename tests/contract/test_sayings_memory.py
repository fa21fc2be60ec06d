"""How much is remembered of what speakers say, and for how long, on real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.sayings import Bounds
from pipeline.engines.redis.scripts import Script
from tests.contract.judged import ANA, ONCE_IN_TEN, THREE_IN_TEN, judging

YOUNG, OLD = Keys().sayings


@pytest.fixture
async def server(each_redis_url: str) -> AsyncIterator[Redis]:
    redis = connect(each_redis_url)
    yield redis
    await redis.aclose()


async def test_a_saying_costs_few_bytes_to_remember(each_redis_url: str, server: Redis) -> None:
    async with judging(each_redis_url, Bounds(20, 10.0, 10.0)) as sayings:
        for start in range(0, 1_000, 250):
            await sayings(*(((f"v{n}",), "me", 0) for n in range(start, start + 250)))
    assert (await server.memory_usage(YOUNG, samples=0) or 0) / 1_000 < 45


@pytest.mark.parametrize(("bounds", "seconds"), [(ONCE_IN_TEN, 10), (THREE_IN_TEN, 20)])
async def test_what_is_said_is_found_for_its_time_and_gone_after_twice_that(
    bounds: Bounds, seconds: int, each_redis_url: str, server: Redis
) -> None:
    async with judging(each_redis_url, bounds) as sayings:
        await sayings((ANA, "me", 0))
    assert seconds * 1000 < await server.pttl(YOUNG) <= seconds * 2000
    assert not await server.exists(OLD)


async def test_a_flood_is_seen_across_generations_until_both_have_passed(
    each_redis_url: str, server: Redis
) -> None:
    async with judging(each_redis_url, THREE_IN_TEN) as sayings:
        assert await sayings((ANA, "0", 0), (ANA, "1", 1)) == ["fresh", "fresh"]
        await server.pexpire(YOUNG, 20_000)  # as after half of its time
        assert await sayings((ANA, "2", 2), (ANA, "3", 3)) == ["fresh", "flood"]
        assert 0 < await server.pttl(OLD) <= 20_000 < await server.pttl(YOUNG)
        await server.pexpire(YOUNG, 20_000)
        assert await sayings((ANA, "4", 4), (ANA, "5", 5), (ANA, "6", 6)) == ["fresh", "fresh", "flood"]


async def test_drawers_are_as_many_as_a_long_window_needs(each_redis_url: str, server: Redis) -> None:
    async with judging(each_redis_url, Bounds(20, 3600.0, 0.0)) as sayings:
        await sayings(*(((f"v{n}",), "me", 0) for n in range(1_000)))
    assert await server.hlen(YOUNG) > 950


async def test_a_speaker_who_may_say_anything_fills_no_drawer(each_redis_url: str, server: Redis) -> None:
    async with judging(each_redis_url, ONCE_IN_TEN) as sayings:
        await sayings(*((ANA, f"{n}", 0) for n in range(1_000)))
    assert await server.hlen(YOUNG) > 150


async def test_nothing_is_remembered_where_nothing_is_bounded(each_redis_url: str, server: Redis) -> None:
    async with judging(each_redis_url, Bounds(None, 0.0, 0.0)) as sayings:
        assert await sayings((ANA, "me", 0), (ANA, "me", 0)) == ["fresh", "fresh"]
    assert not await server.exists(YOUNG)


async def test_an_entry_that_is_judged_again_is_remembered_once(each_redis_url: str, server: Redis) -> None:
    async with judging(each_redis_url, Bounds(20, 10.0, 10.0)) as sayings:
        for _ in range(3):
            assert await sayings((ANA, "me", 0), (ANA, "you", 1)) == ["fresh", "fresh"]
    [drawer] = await server.hvals(YOUNG)
    assert len(drawer) == 2 * 19


async def test_more_are_judged_at_once_than_lua_hands_on(each_redis_url: str) -> None:
    said = [((f"v{n}",), "me", 0.0) for n in range(10_000)]
    async with judging(each_redis_url, Bounds(1, 3600.0, 0.0)) as sayings:
        assert await sayings(*said) == ["fresh"] * len(said)
        assert await sayings(*((who, "you", 1.0) for who, _, _ in said)) == ["flood"] * len(said)


async def test_a_speaker_is_not_taken_for_bytes_that_belong_to_two_things(server: Redis) -> None:
    judge = Script(server, "judge_sayings")
    other, speaker = b"anotherwspeaker\0\0\0\0", b"speakersaidaker\0\1\0\0"
    for said in (other, speaker):
        verdicts = await judge(Keys().sayings, 1, 10, 0, 10_000, b"\0\0\0\0" + said)
        assert verdicts == [b"fresh"]
    assert await server.hget(YOUNG, "\0\0\0\0") == other + speaker
