"""What is offered twice is appended once, on every kind of server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import OutOfMemoryError

from pipeline.engines.redis.comment_log import CommentLog
from pipeline.engines.redis.connection import connect
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import Hasty, Kept, Offer, OfferBounds, Rate

KEYS = Keys("shop-")


@pytest.fixture
async def server(each_redis_url: str) -> AsyncIterator[Redis]:
    redis = connect(each_redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
def log(server: Redis) -> CommentLog:
    return log_on(server)


def log_on(server: Redis, remember_seconds: int = 60, **rates: Rate) -> CommentLog:
    return CommentLog(server, KEYS, OfferBounds(remember_seconds, **rates))


def offer(name: str, timestamp: str = "now", speaker: str | None = None, **fields: str) -> Offer:
    return Offer(name, {"message": "me", "timestamp": timestamp, **fields}, (speaker,) if speaker else None)


async def kept(log: CommentLog, *offers: Offer) -> list[Kept]:
    """What became of offers that nothing forbids."""
    answers = await log.append(offers)
    assert all(isinstance(answer, Kept) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Kept)]


async def entries(server: Redis) -> list[Any]:
    found: list[Any] = await server.execute_command("XRANGE", KEYS.comments, "-", "+")
    return [fields for _, fields in found]


async def test_a_second_offer_gets_the_answer_of_the_first(log: CommentLog, server: Redis) -> None:
    [first] = await kept(log, offer("a", "at nine", n="1"))
    [second] = await kept(log, offer("a", "at ten", n="2"))
    assert (first.is_new, second.is_new) == (True, False)
    assert (first.entry_id, first.timestamp) == (second.entry_id, second.timestamp)
    assert second.timestamp == "at nine"
    assert [entry[b"n"] for entry in await entries(server)] == [b"1"]


async def test_a_batch_stands_in_its_order_and_each_name_once(log: CommentLog, server: Redis) -> None:
    offers = [offer(name, n=name) for name in ("c", "a", "b", "a", "c")]
    answers = await kept(log, *offers)
    assert [one.name for one in answers] == ["c", "a", "b", "a", "c"]
    assert [one.is_new for one in answers] == [True, True, True, False, False]
    assert [entry[b"n"] for entry in await entries(server)] == [b"c", b"a", b"b"]


async def test_offers_at_the_same_time_make_one_entry(log: CommentLog, server: Redis) -> None:
    answers = await asyncio.gather(*(kept(log, offer("a")) for _ in range(50)))
    assert sum(one.is_new for [one] in answers) == 1
    assert len({one.entry_id for [one] in answers}) == 1
    assert len(await entries(server)) == 1


async def test_what_it_remembers_it_keeps_for_its_time_and_forgets_within_twice_that(
    log: CommentLog, server: Redis
) -> None:
    young, old = KEYS.offered
    await kept(log, offer("a"))
    assert 60_000 < await server.pttl(young) <= 120_000
    await server.pexpire(young, 60_000)  # as after a minute
    answers = await kept(log, offer("b"), offer("a"))
    assert [one.is_new for one in answers] == [True, False]
    assert 0 < await server.pttl(old) <= 60_000 < await server.pttl(young)
    await server.delete(old)  # as after another one
    answers = await kept(log, offer("b"), offer("a"))
    assert [one.is_new for one in answers] == [False, True]


async def test_an_entry_that_was_removed_since_is_answered_all_the_same(
    log: CommentLog, server: Redis
) -> None:
    [first] = await kept(log, offer("a", "at nine"))
    await server.xdel(KEYS.comments, first.entry_id)
    [again] = await kept(log, offer("a", "at ten"))
    assert (again.entry_id, again.is_new) == (first.entry_id, False)
    assert await entries(server) == []


async def test_many_offers_cost_few_bytes_each_to_remember(log: CommentLog, server: Redis) -> None:
    for start in range(0, 10_000, 500):
        await kept(log, *(offer(f"{start + n}") for n in range(500)))
    assert (
        await server.memory_usage(KEYS.offered[0], samples=0) or 0
    ) / 10_000 < 130  # 65 on Valkey, 110 on Redis


async def test_a_speaker_who_is_too_fast_is_told_so_and_nobody_else(server: Redis) -> None:
    log = log_on(server, per_speaker=Rate(2, 3600))
    answers = await log.append(
        [offer(f"{n}", speaker="ana") for n in range(4)]
        + [offer("bo", speaker="bo"), offer("anybody"), offer("0", speaker="ana")]
    )
    hasty = Hasty("speaker")
    assert [isinstance(answer, Kept) or answer for answer in answers] == [
        True, True, hasty, hasty, True, True, True,
    ]  # fmt: skip
    assert len(await entries(server)) == 4


async def test_a_speaker_may_go_on_once_the_window_has_moved(server: Redis) -> None:
    log, [young, _] = log_on(server, per_speaker=Rate(2, 10)), KEYS.spoken
    await log.append([offer("a", speaker="ana"), offer("b", speaker="ana")])
    [(name, moments)] = (await server.execute_command("HGETALL", young)).items()
    earlier = int.from_bytes(moments[:6], "big") - 10_000  # the first of them was just so long ago
    await server.hset(young, name, earlier.to_bytes(6, "big") + moments[6:])
    answers = await log.append([offer("c", speaker="ana"), offer("d", speaker="ana")])
    assert [isinstance(answer, Kept) for answer in answers] == [True, False]


async def test_what_a_key_may_send_is_counted_with_what_it_may_not(server: Redis) -> None:
    log = log_on(server, per_key=Rate(3, 3600))
    answers = await log.append([offer("a"), None, offer("b"), offer("c"), offer("a")], "key")
    assert [isinstance(answer, Kept) or answer for answer in answers] == [
        True, None, True, Hasty("key"), True,
    ]  # fmt: skip
    assert [isinstance(answer, Kept) for answer in await log.append([offer("d")], "another")] == [True]


async def test_a_full_server_keeps_neither_the_entry_nor_its_memory(log: CommentLog, server: Redis) -> None:
    await log.append([offer("a")])  # the script is there
    await server.config_set("maxmemory", 1)
    try:
        with pytest.raises(OutOfMemoryError):
            await log.append([offer("b"), offer("c")])
    finally:
        await server.config_set("maxmemory", 0)
    assert len(await entries(server)) == 1
    assert await server.hlen(KEYS.offered[0]) == 1


async def test_a_server_that_has_forgotten_the_script_learns_it_again(log: CommentLog, server: Redis) -> None:
    await log.append([offer("a")])
    await server.script_flush()
    answers = await asyncio.gather(*(kept(log, offer(name)) for name in "bcd"))
    assert all(one.is_new for [one] in answers)
