"""One process with the six stages, which begins when it is told to."""

from __future__ import annotations

import sys
import time

from benchmarks.throughput.ours import stages
from pipeline.engines.redis.agent import agents_of
from pipeline.engines.redis.connection import connect
from pipeline.settings import RuntimeSettings
from pipeline.worker import Worker

READY, GO = "growth:ready", "growth:go"
_DRAIN_SECONDS = 10.0
_WAIT_SECONDS = 1


async def work(url: str, name: str, partitions: int) -> None:
    """Until SIGTERM; then say how many seconds of the processor it took since it began."""
    redis = connect(url)
    try:
        settings = RuntimeSettings(redis_url=url, consumer_name=name, partitions=partitions)
        agents = [agent for stage in stages() for agent in agents_of(stage, redis, settings)]
        await redis.sadd(READY, name)
        while not await redis.blpop([GO], timeout=_WAIT_SECONDS):
            pass  # a long backlog takes longer to fill than a socket waits for an answer
        begun = time.process_time()
        await Worker(agents, _DRAIN_SECONDS).run()
        sys.stdout.write(f"{time.process_time() - begun}\n")
    finally:
        await redis.aclose()
