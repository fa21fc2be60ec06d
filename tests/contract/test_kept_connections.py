"""Connections that are kept for one caller, to a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis import exceptions
from redis.asyncio import Redis

from pipeline.engines.redis import kept_connections
from pipeline.engines.redis.connection import connect, connect_reader
from pipeline.engines.redis.kept_connections import KeptConnections


class Bench:
    """The connections, a clock that is set, and another client of the same server."""

    def __init__(self, client: Redis, other: Redis) -> None:
        self.other, self.now = other, 0.0
        self.kept = KeptConnections(client.connection_pool, lambda: self.now)

    async def incr(self) -> int:
        [answer] = await self.kept.trip([("INCR", "n")])
        return int(answer)

    async def hang_up(self) -> None:
        """The server closes all connections but that which tells it so."""
        await self.other.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


@pytest.fixture
async def bench(redis_url: str) -> AsyncIterator[Bench]:
    client, other = connect(redis_url), connect(redis_url)
    yield Bench(client, other)
    await client.aclose()  # and with it what was kept of it: an open one would warn
    await other.aclose()


async def test_one_that_was_closed_while_it_rested_is_opened_again(bench: Bench) -> None:
    assert await bench.incr() == 1
    await bench.hang_up()
    bench.now += 60
    assert await bench.incr() == 2


async def test_one_that_breaks_in_use_tells_its_caller_and_serves_the_next(bench: Bench) -> None:
    assert await bench.incr() == 1
    await bench.hang_up()
    with pytest.raises(exceptions.ConnectionError):
        await bench.incr()
    assert await bench.incr() == 2


async def test_an_answer_that_comes_too_late_is_nobody_elses(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await bench.incr() == 1
    monkeypatch.setattr(kept_connections, "TRIP_SECONDS", 0.05)
    await bench.other.execute_command("CLIENT", "PAUSE", 200, "ALL")
    with pytest.raises(exceptions.TimeoutError, match="has not answered"):
        await bench.incr()
    monkeypatch.undo()
    assert await bench.kept.trip([("ECHO", "mine")]) == [b"mine"]


async def test_to_connect_again_takes_no_longer_than_a_trip_may(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await bench.incr() == 1
    await bench.hang_up()
    bench.now += 60
    monkeypatch.setattr(kept_connections, "TRIP_SECONDS", 0.05)
    await bench.other.execute_command("CLIENT", "PAUSE", 200, "ALL")
    with pytest.raises(exceptions.TimeoutError, match="has not answered"):
        await bench.incr()
    monkeypatch.undo()
    assert await bench.incr() == 2


async def test_a_caller_who_goes_leaves_no_answer_behind(bench: Bench) -> None:
    assert await bench.incr() == 1
    await bench.other.execute_command("CLIENT", "PAUSE", 100, "ALL")
    goes = asyncio.create_task(bench.incr())
    await asyncio.sleep(0.01)
    goes.cancel()
    assert await bench.kept.trip([("ECHO", "mine")]) == [b"mine"]


async def test_trips_at_the_same_time_have_a_connection_each(bench: Bench) -> None:
    answers = await asyncio.gather(*(bench.kept.trip([("CLIENT", "ID")]) for _ in range(3)))
    assert len({answer for [answer] in answers}) == 3


async def test_an_error_costs_its_neighbours_nothing(bench: Bench) -> None:
    first, wrong, last = await bench.kept.trip([("INCR", "n"), ("HGET", "n"), ("INCR", "n")])
    assert (first, last) == (1, 2)
    assert isinstance(wrong, exceptions.ResponseError)


async def test_a_client_that_keeps_them_answers_as_any_other(redis_url: str) -> None:
    ours: list[Redis] = [connect_reader(redis_url), connect(redis_url)]
    theirs: Redis = Redis.from_url(redis_url, protocol=2)
    await theirs.xadd("numbers", {"n": 1}, id="1-0")
    await theirs.zadd("scores", {"a": 1.5})
    for client in (*ours, theirs):
        assert await client.xrange("numbers") == [(b"1-0", {b"n": b"1"})]
        assert await client.zrange("scores", 0, -1, withscores=True) == [(b"a", 1.5)]
        assert await client.get("nothing") is None
        with pytest.raises(exceptions.ResponseError, match="WRONGTYPE"):
            await client.get("numbers")
        await client.aclose()


async def test_nothing_is_given_to_a_reader_who_has_gone(redis_url: str) -> None:
    reader, other = connect_reader(redis_url), connect(redis_url)
    await other.xgroup_create("numbers", "group", mkstream=True)
    read = ("XREADGROUP", "GROUP", "group", "one", "BLOCK", 4000, "STREAMS", "numbers", ">")
    goes = asyncio.create_task(reader.execute_command(*read))
    while not (await other.info("clients"))["blocked_clients"]:  # noqa: ASYNC110 - Redis tells nobody
        await asyncio.sleep(0.01)
    goes.cancel()
    with pytest.raises(asyncio.CancelledError):
        await goes
    while (await other.info("clients"))["blocked_clients"]:  # noqa: ASYNC110 - as above
        await asyncio.sleep(0.01)
    await other.xadd("numbers", {"n": 1})
    [[_, [[_, fields]]]] = await reader.execute_command(*read)  # by the only connection that it may have
    assert fields == [b"n", b"1"]
    await reader.aclose()
    await other.aclose()
