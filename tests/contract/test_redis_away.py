"""Stages at work while Redis can't be: it is waited out, and what was in hand ends exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from structlog.testing import capture_logs

from pipeline.stage import Emit, Outcome, Stage
from tests.contract.rig import KEYS, Item, Rig, done, entry, rig_on, stage
from tests.contract.troubled import TROUBLES, Trouble, TroubledValkey, full, read_only

COUNT = 40
BACKOFFS = 100  # tries in some seconds of waiting with backoff; a busy loop makes thousands
UNWRITABLE = tuple(trouble for trouble in TROUBLES if trouble is not full)

Logs = Sequence[MutableMapping[str, Any]]


def named(trouble: Trouble) -> str:
    return trouble.__name__


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TroubledValkey]:
    with TroubledValkey(tmp_path_factory.mktemp("troubled")) as started:
        yield started


@pytest.fixture
async def rig(server: TroubledValkey) -> AsyncIterator[Rig]:
    with server.client() as client:
        client.flushall()
    async with rig_on(server.url) as made:
        yield made


class Gate:
    """A handler that lets nothing through until it is opened."""

    def __init__(self) -> None:
        self.waiting = 0
        self._open = asyncio.Event()

    async def __call__(self, item: Item) -> Outcome:
        self.waiting += 1
        await self._open.wait()
        return Emit(item)

    def open(self) -> None:
        """Let everything through from now on."""
        self._open.set()

    async def is_crowded(self) -> bool:
        """Whether a full hand waits in front of it."""
        return self.waiting >= 8


def way(first: Any = done) -> tuple[Stage[Item], Stage[Item]]:
    """first -> second -> end."""
    return stage("first", first, emits="second"), stage("second", done)


async def fill(rig: Rig) -> None:
    """COUNT records for the first stage."""
    for number in range(COUNT):
        await rig.append("first", *entry(number))


@asynccontextmanager
async def crowded(rig: Rig) -> AsyncIterator[Gate]:
    """A way at work with a full hand at the gate of its first stage."""
    gate = Gate()
    await fill(rig)
    rig.start(*way(gate))
    await rig.until(gate.is_crowded)
    yield gate


async def assert_each_ended_once(rig: Rig) -> None:
    """Every record has its end, once, and nothing else is left of it."""
    await rig.until_length("events", COUNT)
    await rig.drain()
    ended = [orjson.loads(event[b"d"]) for event in await rig.fields("events")]
    assert sorted(end["comment_id"] for end in ended) == sorted(
        {dict(zip(e[::2], e[1::2], strict=True))["id"] for e in map(entry, range(COUNT))}
    )
    assert await rig.length("first") == await rig.length("second") == 0
    assert await rig.dead() == []
    for name in ("first", "second"):
        [group] = await rig.redis.xinfo_groups(KEYS.stream(name, 0))
        assert group["pending"] == 0
        assert await rig.redis.zcard(KEYS.retry(name, 0)) == 0


def said(logs: Logs, event: str) -> int:
    """How often the logs say something that begins so."""
    return sum(line["event"].startswith(event) for line in logs)


@pytest.mark.parametrize("trouble", UNWRITABLE, ids=named)
async def test_what_is_in_hand_waits_for_redis_without_a_busy_loop(
    server: TroubledValkey, rig: Rig, trouble: Trouble
) -> None:
    async with crowded(rig) as gate:
        with capture_logs() as logs:

            async def looked_on() -> bool:
                # Each of the two stages' reclaimers looks five times a second, and says that it failed.
                return said(logs, "looking for entries") >= 10 and said(logs, "Redis is away") >= 3

            async with trouble(server):
                gate.open()
                await rig.until(looked_on)
                assert said(logs, "Redis is away") < BACKOFFS
                assert said(logs, "Redis broke off") < BACKOFFS
        await assert_each_ended_once(rig)


async def test_a_full_redis_drains(server: TroubledValkey, rig: Rig) -> None:
    async with crowded(rig) as gate, full(server):
        gate.open()
        await assert_each_ended_once(rig)


async def test_stages_start_and_drain_while_redis_is_full(server: TroubledValkey, rig: Rig) -> None:
    await fill(rig)
    async with full(server):
        rig.start(*way())
        await assert_each_ended_once(rig)


async def test_a_killed_process_finds_its_work_again_while_redis_is_full(
    server: TroubledValkey, rig: Rig
) -> None:
    async with crowded(rig):
        await rig.kill()
    async with full(server):
        rig.start(*way())
        await assert_each_ended_once(rig)


@pytest.mark.parametrize("trouble", UNWRITABLE, ids=named)
async def test_stages_that_start_while_redis_is_in_trouble_wait_for_it(
    server: TroubledValkey, rig: Rig, trouble: Trouble
) -> None:
    await fill(rig)
    with capture_logs() as logs:

        async def tried() -> bool:
            return said(logs, "Redis broke off") >= 6

        async with trouble(server):
            rig.start(*way())
            await rig.until(tried)
    await assert_each_ended_once(rig)


async def test_cut_connections_cost_nothing(server: TroubledValkey, rig: Rig) -> None:
    await fill(rig)
    rig.start(*way())
    with server.client() as client:
        for ended in range(0, COUNT, 4):
            await _until_ended(server, ended)
            client.client_kill_filter(_type="normal", skipme=True)
    async with rig_on(server.url) as observer:  # whose connections were not cut
        await assert_each_ended_once(observer)


async def test_a_process_that_must_end_while_redis_is_away_leaves_its_work_to_the_next(
    server: TroubledValkey, rig: Rig
) -> None:
    async with crowded(rig) as gate:
        async with read_only(server):
            gate.open()
            for agent, _ in rig.agents:
                agent.release()
            await rig.drain()
        assert await rig.length("events") < COUNT
        rig.start(*way())
        await assert_each_ended_once(rig)


async def _until_ended(server: TroubledValkey, count: int) -> None:
    """Wait until so many records have ended, asking by connections that nobody cuts meanwhile."""
    async with rig_on(server.url) as observer:

        async def ended() -> bool:
            return await observer.length("events") >= count

        await observer.until(ended)
