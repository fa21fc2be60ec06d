"""Commands that share a round trip, on a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, ResponseError

from pipeline.embedded.credentials import free_port
from pipeline.engines.redis.connection import connect


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def test_many_callers_get_each_their_own_answer_over_few_connections(redis: Redis) -> None:
    answers = await asyncio.gather(*(redis.execute_command("INCR", f"n{n}") for n in range(2000)))
    assert answers == [1] * 2000
    clients = (await redis.info("clients"))["connected_clients"]
    assert clients <= 6  # two of a pool of 16 that one would have each of them wait for


async def test_what_is_asked_after_an_answer_is_done_after_it(redis: Redis) -> None:
    async def count() -> list[int]:
        return [await redis.execute_command("INCR", "n") for _ in range(50)]

    counted = await asyncio.gather(*(count() for _ in range(40)))
    assert all(each == sorted(each) for each in counted)
    assert sorted(number for each in counted for number in each) == list(range(1, 2001))


async def test_a_command_that_fails_costs_its_neighbours_nothing(redis: Redis) -> None:
    answers = await asyncio.gather(
        redis.execute_command("SET", "a", "1"),
        redis.execute_command("HGET", "a", "b", "too many"),
        redis.execute_command("GET", "a"),
        return_exceptions=True,
    )
    assert answers[2] == b"1"
    assert isinstance(answers[1], ResponseError)


async def test_a_caller_who_goes_takes_the_answer_from_nobody_else(redis: Redis) -> None:
    goes = asyncio.create_task(redis.execute_command("INCR", "n"))
    stays = asyncio.create_task(redis.execute_command("INCR", "n"))
    await asyncio.sleep(0)
    goes.cancel()
    assert await stays == 2
    assert await redis.execute_command("INCR", "n") == 3


async def test_while_the_server_is_away_every_caller_is_told() -> None:
    client = connect(f"redis://127.0.0.1:{free_port()}")
    told = await asyncio.gather(
        *(client.execute_command("INCR", "n") for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(error, ConnectionError) for error in told)
    with pytest.raises(ConnectionError):
        await client.execute_command("INCR", "n")
    await client.aclose()
