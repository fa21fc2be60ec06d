"""One measurement: so many workers on a backlog, on a server of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvloop
from redis.asyncio import Redis

from benchmarks.growth.crowd import crowded
from benchmarks.growth.worker import GO, READY
from benchmarks.throughput.comments import HOPS
from benchmarks.throughput.filling import fill
from pipeline.embedded.valkey import Valkey
from pipeline.engines.redis.keys import Keys
from pipeline.settlement import EVENTS

_LOOK_SECONDS = 0.01
_START_SECONDS, _RUN_SECONDS, _STOP_SECONDS = 60.0, 600.0, 30.0
_KEYS = Keys()


@dataclass(frozen=True, slots=True)
class Setting:
    """So many processes, each with all stages on all partitions; `backlog` comments are left when the time is taken."""

    workers: int
    partitions: int
    backlog: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Comments a second through all six stages, and the cores that the server and the workers kept busy meanwhile.
    `work` is the rate of all that was done: what is between the stages when the time is taken counts by the sixths of
    its way, and `between` says how many comments that are."""

    rate: float
    work: float
    between: int
    redis_cores: float
    worker_cores: float


def measure(setting: Setting, records: int) -> Measured:
    """Raises TimeoutError, RuntimeError where a worker ended early, and ServerFailed."""
    with tempfile.TemporaryDirectory(prefix="growth-") as folder:
        server = Valkey(Path(folder) / "valkey").start()
        try:
            with _workers(setting, server.url) as workers:
                drained = uvloop.run(_drain(server.url, setting, records, workers))
                spent = sum([_stopped(worker) for worker in workers])
        finally:
            server.remove()
    ended, seconds = drained.passed[-1], drained.seconds
    return Measured(
        rate=ended / seconds,
        work=sum(drained.passed) / len(drained.passed) / seconds,
        between=drained.passed[0] - ended,
        redis_cores=drained.redis_seconds / seconds,
        worker_cores=spent / seconds,
    )


@dataclass(frozen=True, slots=True)
class _Drained:
    """How many comments each stage has passed on, first to last, in how many seconds, of which the server's processor
    was busy for so many."""

    passed: list[int]
    seconds: float
    redis_seconds: float


@contextmanager
def _workers(setting: Setting, url: str) -> Iterator[list[subprocess.Popen[str]]]:
    own = (sys.executable, "-m", "benchmarks.growth", "--worker")
    started = [
        subprocess.Popen(
            [*own, f"worker-{number}", "--url", url, "--partitions", str(setting.partitions)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for number in range(setting.workers)
    ]
    try:
        yield started
    finally:
        for worker in started:
            worker.kill()
            worker.communicate()


def _stopped(worker: subprocess.Popen[str]) -> float:
    worker.terminate()
    said, _ = worker.communicate(timeout=_STOP_SECONDS)
    return float(said.splitlines()[-1])


async def _drain(
    url: str, setting: Setting, records: int, workers: Sequence[subprocess.Popen[str]]
) -> _Drained:
    redis: Redis = Redis.from_url(url)
    try:
        await fill(redis, _KEYS.comments, crowded(records + setting.backlog))
        async with asyncio.timeout(_START_SECONDS):
            while await redis.scard(READY) < setting.workers:
                await _look(workers)
        spent, begun = await _processor_seconds(redis), time.perf_counter()
        await redis.rpush(GO, *["1"] * setting.workers)
        async with asyncio.timeout(_RUN_SECONDS):
            while await _ended(redis, setting.partitions) < records:
                await _look(workers)
        passed = [await _passed(redis, hop, setting.partitions) for hop in HOPS]
        seconds = time.perf_counter() - begun
        return _Drained(passed, seconds, await _processor_seconds(redis) - spent)
    finally:
        await redis.aclose()


async def _look(workers: Sequence[subprocess.Popen[str]]) -> None:
    if any(worker.poll() is not None for worker in workers):
        raise RuntimeError("A worker ended before everything was through.")
    await asyncio.sleep(_LOOK_SECONDS)


async def _ended(redis: Redis, partitions: int) -> int:
    return sum([await redis.xlen(_KEYS.stream(EVENTS, partition)) for partition in range(partitions)])


async def _passed(redis: Redis, hop: str, partitions: int) -> int:
    """How many comments a stage has settled."""
    if hop == HOPS[0]:  # what it has settled stays in its stream
        [door] = await redis.xinfo_groups(_KEYS.comments)
        return int(door["entries-read"]) - int(door["pending"])
    streams = [await redis.xinfo_stream(_KEYS.stream(hop, partition)) for partition in range(partitions)]
    return sum([int(each["entries-added"]) - int(each["length"]) for each in streams])


async def _processor_seconds(redis: Redis) -> float:
    told = await redis.info("cpu")
    return float(told["used_cpu_user"]) + float(told["used_cpu_sys"])
