"""What is settled leaves the stream, whatever else is pending in it, and nothing else does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from pipeline.engines.redis.consumer import Consumer
from pipeline.engines.redis.lease import LeaseKeeper
from pipeline.engines.redis.streams import StageStream
from pipeline.settlement import Postponed, Settled
from tests.contract.rig import KEYS, Rig, at_work, done, entry, rig_on, stage

SPEC = stage("first", done)
NEVER_MS = 4_000_000_000_000


@pytest.fixture
async def rig(each_redis_url: str) -> AsyncIterator[Rig]:
    async with rig_on(each_redis_url) as made:
        yield made


async def filled(rig: Rig, name: str = "one", count: int = 300) -> StageStream:
    """A stream with so many entries, more than a node of it holds."""
    stream = rig.stream(SPEC, name)
    await stream.open()
    for number in range(count):
        await rig.append("first", *entry(number))
    return stream


async def ids(rig: Rig) -> list[str]:
    return [
        entry_id.decode()
        for entry_id, _ in await rig.redis.execute_command("XRANGE", KEYS.stream("first", 0), "-", "+")
    ]


async def test_what_was_not_given_out_yet_stays(rig: Rig) -> None:
    stream = await filled(rig)
    held = [each.entry_id for each in await stream.read(150, 10)]
    unread = (await ids(rig))[150:]
    await stream.settle([Settled(entry_id, ()) for entry_id in held])
    assert await ids(rig) == unread


async def test_what_is_settled_goes_behind_an_older_one_that_waits(rig: Rig) -> None:
    stream = await filled(rig)
    held = [each.entry_id for each in await stream.read(300, 10)]
    await stream.settle([Postponed(held[0], NEVER_MS, 1, 1)])
    await stream.settle([Settled(entry_id, ()) for entry_id in held[1:200]])
    assert await ids(rig) == [held[0], *held[200:]]
    await stream.settle([Settled(held[0], ())])
    assert await ids(rig) == held[200:]


async def test_what_another_consumer_holds_stays(rig: Rig) -> None:
    one, other = await filled(rig), rig.stream(SPEC, "other")
    await other.open()
    held, others = await one.read(100, 10), await other.read(100, 10)
    await other.settle([Settled(each.entry_id, ()) for each in others])
    assert await rig.length("first") == 200
    await one.settle([Settled(each.entry_id, ()) for each in held[50:]])
    assert (await ids(rig))[:50] == [each.entry_id for each in held[:50]]
    assert await rig.length("first") == 150


async def test_an_entry_that_is_settled_while_its_lease_is_renewed_is_not_lost(rig: Rig) -> None:
    stream = await filled(rig, count=1)
    consumer: Consumer = at_work(SPEC, stream)
    consumer.accept(deliveries := await stream.read(1, 10))
    settled = [Settled(each.entry_id, ()) for each in deliveries]
    consumer.settle(settled)
    await stream.settle(settled)  # as the settler does, whose answer is still on its way
    await LeaseKeeper(consumer, stream).renew()
    assert consumer.in_hand == [deliveries[0].entry_id]
