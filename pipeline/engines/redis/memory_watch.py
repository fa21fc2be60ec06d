"""Tells Prometheus how much memory Redis uses: full, it takes no comment any more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from redis.asyncio import Redis

from pipeline.engines.redis.cluster import primaries_of
from pipeline.engines.redis.connection import REDIS_AWAY
from pipeline.metrics import NAMESPACE
from pipeline.watch import Watch


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. `most` is what the server may use (maxmemory); None: as much as there is."""

    used: int
    most: int | None


class MemoryWatch(Watch[Memory]):
    """Asks the server that `redis` talks to; of a cluster it tells of the primary that is nearest to its limit, since
    one that is full stops the whole."""

    name = "memory"

    def __init__(
        self, redis: Redis, *, registry: CollectorRegistry = REGISTRY, interval_seconds: float = 10.0
    ) -> None:
        patience = "the memory of Redis can't be looked at"
        super().__init__(
            every_seconds=interval_seconds, away=REDIS_AWAY, patience=patience, registry=registry
        )
        self._redis = redis

    async def look(self) -> Memory:
        """What the server says of itself."""
        servers = await primaries_of(self._redis)
        return max([await _memory_of(server) for server in servers.values()], key=_fullness)

    def tell(self, known: Memory) -> Iterator[GaugeMetricFamily]:
        """What is used, and what may be, where that is limited."""
        yield GaugeMetricFamily(f"{NAMESPACE}_redis_memory_used_bytes", "Memory that Redis uses", known.used)
        if known.most is not None:
            yield GaugeMetricFamily(
                f"{NAMESPACE}_redis_memory_most_bytes", "Memory that it may use", known.most
            )


async def _memory_of(server: Redis) -> Memory:
    said = await server.info("memory")
    return Memory(int(said["used_memory"]), int(said["maxmemory"]) or None)


def _fullness(memory: Memory) -> tuple[float, int]:
    return (memory.used / memory.most if memory.most else 0.0), memory.used
