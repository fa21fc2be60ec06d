"""What is offered twice is appended once, on every kind of server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from pipeline.engines.redis.coalesced import CoalescedRedis
from pipeline.engines.redis.comment_log import CommentLog, Offer
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys

KEYS = Keys("shop-")


@pytest.fixture
async def server(each_redis_url: str) -> AsyncIterator[Redis]:
    redis = connect(each_redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
def log(server: Redis) -> CommentLog:
    return CommentLog(CoalescedRedis(server), KEYS, remember_seconds=60)


def offer(name: str, memo: str = "now", **fields: str) -> Offer:
    return Offer(name, memo, {"message": "me", **fields})


async def entries(server: Redis) -> list[Any]:
    found: list[Any] = await server.execute_command("XRANGE", KEYS.comments, "-", "+")
    return [fields for _, fields in found]


async def test_a_second_offer_gets_the_answer_of_the_first(log: CommentLog, server: Redis) -> None:
    [first] = await log.append([offer("a", "at nine", n="1")])
    [second] = await log.append([offer("a", "at ten", n="2")])
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.entry_id, first.memo) == (second.entry_id, second.memo)
    assert await entries(server) == [{b"message": b"me", b"n": b"1"}]


async def test_a_batch_stands_in_its_order_and_each_name_once(log: CommentLog, server: Redis) -> None:
    offers = [offer(name, n=name) for name in ("c", "a", "b", "a", "c")]
    kept = await log.append(offers)
    assert [one.name for one in kept] == ["c", "a", "b", "a", "c"]
    assert [one.is_new for one in kept] == [True, True, True, False, False]
    assert [entry[b"n"] for entry in await entries(server)] == [b"c", b"a", b"b"]


async def test_offers_at_the_same_time_make_one_entry(log: CommentLog, server: Redis) -> None:
    kept = await asyncio.gather(*(log.append([offer("a")]) for _ in range(50)))
    assert sum(one.is_new for [one] in kept) == 1
    assert len({one.entry_id for [one] in kept}) == 1
    assert len(await entries(server)) == 1


async def test_what_it_remembers_it_forgets_in_time(log: CommentLog, server: Redis) -> None:
    await log.append([offer("a")])
    assert 0 < await server.ttl(KEYS.offered("a")) <= 60
    await server.delete(KEYS.offered("a"))
    [again] = await log.append([offer("a")])
    assert again.is_new


async def test_a_full_server_keeps_neither_the_entry_nor_its_memory(log: CommentLog, server: Redis) -> None:
    await log.append([offer("a")])  # the script is there
    await server.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError):
            await log.append([offer("b"), offer("c")])
    finally:
        await server.config_set("maxmemory", 0)
    assert len(await entries(server)) == 1
    assert not await server.exists(KEYS.offered("b"), KEYS.offered("c"))


async def test_a_server_that_has_forgotten_the_script_learns_it_again(log: CommentLog, server: Redis) -> None:
    await log.append([offer("a")])
    await server.script_flush()
    kept = await asyncio.gather(*(log.append([offer(name)]) for name in "bcd"))
    assert all(one.is_new for [one] in kept)
