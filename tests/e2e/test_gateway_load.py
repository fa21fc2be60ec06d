"""The gateway under load from another process: what it accepts stands in the stream, to the one."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import redis
from websockets.asyncio.client import connect

from pipeline.embedded import Valkey
from pipeline.stage import PUBLIC_STREAM
from tests.e2e.gateway import Gateway, running_gateway
from tests.e2e.noise import GOOD, Burst, shout

WRK = shutil.which("wrk")
SCRIPT = Path(__file__).with_name("comments.lua")
CONNECTIONS = 32
BURST, WARM_BURSTS = 25, 80
FLAT_KIB = 4 * 1024

with_wrk = pytest.mark.skipif(WRK is None, reason="wrk is not installed: apt-get install wrk")


@dataclass(frozen=True, slots=True)
class Told:
    """How the comments were answered: 200, 503 where nothing was kept, 503 where nobody knew, anything else; and the
    connections that broke."""

    accepted: int
    unavailable: int
    uncertain: int
    others: int
    broken: int


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A Valkey of our own, to kill."""
    with Valkey(tmp_path_factory.mktemp("loaded")) as started:
        yield started


@pytest.fixture(scope="module")
def gateway(server: Valkey, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("gateway")
    with running_gateway(
        folder, server.url, database_url, RATE_LIMIT_PER_KEY="", RATE_LIMIT_PER_VIEWER="100000/second"
    ) as gateway:
        yield gateway


@with_wrk
async def test_accepted_comments_are_the_entries_of_the_stream(server: Valkey, gateway: Gateway) -> None:
    told = await load(gateway, "calm", seconds=2, then=1)
    assert (told.unavailable, told.uncertain, told.others, told.broken) == (0, 0, 0, 0)
    assert entries(server, "calm") == told.accepted > 100


@with_wrk
async def test_so_they_are_when_valkey_is_restarted_and_killed_in_the_middle(
    server: Valkey, gateway: Gateway
) -> None:
    loading = asyncio.create_task(load(gateway, "rough", seconds=5, then=3))
    await _once_under_way(server, "rough")
    server.restart()
    await _once_under_way(server, "rough", more=200)
    server.kill()
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=20) as http:
        refused = await http.post("/comments", content=GOOD, headers={"content-type": "application/json"})
    server.start()
    told = await loading
    assert refused.status_code == 503
    assert "nothing was kept" in refused.json()["error"]
    # What waited for an answer got one in the end; whatever else came was answered 503.
    assert (told.uncertain, told.others, told.broken) == (0, 0, 0)
    assert entries(server, "rough") == told.accepted > 400


async def test_ten_thousand_frames_of_noise_leave_the_gateway_up_and_its_memory_flat(
    server: Valkey, gateway: Gateway
) -> None:
    dice = random.Random(7)
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    for _ in range(WARM_BURSTS):
        await asyncio.to_thread(shout, gateway.url, Burst.of(dice, BURST))
    before = gateway.resident_kib()
    for _ in range(10_000 // BURST):
        await asyncio.to_thread(shout, gateway.url, Burst.of(dice, BURST))
    grown = gateway.resident_kib() - before
    assert grown < FLAT_KIB, f"its memory grew by {grown} KiB"
    async with connect(f"{gateway.url.replace('http', 'ws')}/ws/comments", proxy=None) as peer:
        await peer.send(GOOD)
        assert json.loads(await peer.recv())["ok"]
    with redis.Redis.from_url(server.url) as client:
        assert client.xlen(PUBLIC_STREAM) > 1000  # comments among the noise are taken
    assert b"Exception in ASGI application" not in gateway.log()


async def load(gateway: Gateway, run: str, *, seconds: int, then: int) -> Told:
    """Post comments for so long, and give the last answers so much time `then`."""
    assert WRK is not None
    arguments = ["--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds + then}s"]
    wrk = await asyncio.create_subprocess_exec(
        WRK,
        *arguments,
        f"--script={SCRIPT}",
        gateway.url,
        "--",
        run,
        str(seconds),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await wrk.communicate()
    assert wrk.returncode == 0
    return Told(**json.loads(said.decode().strip().splitlines()[-1]))


def entries(server: Valkey, run: str) -> int:
    """How many entries of this run the stream holds, none of them twice."""
    with redis.Redis.from_url(server.url) as client:
        ids = [
            fields[b"message_id"]
            for _, fields in client.xrange(PUBLIC_STREAM)
            if fields[b"message_id"].startswith(run.encode())
        ]
    assert len(set(ids)) == len(ids)
    return len(ids)


async def _once_under_way(server: Valkey, run: str, more: int = 200) -> None:
    """Return once so many more comments stand in the stream."""
    deadline, goal = time.monotonic() + 30, entries(server, run) + more
    while await asyncio.to_thread(entries, server, run) < goal:
        assert time.monotonic() < deadline, "no comments come in"
