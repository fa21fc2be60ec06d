"""What one script may touch."""

from __future__ import annotations

from redis.asyncio import Redis

from pipeline.engines.redis.cluster import ClusterRedis
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.slots import slot_of
from pipeline.settlement import DEAD


def share_a_slot(redis: Redis, *keys: str) -> bool:
    """Whether one call may touch all these keys: always on a lone server, on a cluster within one slot."""
    return not isinstance(redis, ClusterRedis) or len(set(map(slot_of, keys))) == 1


def tombstones_for(redis: Redis, keys: Keys, stream: str, partition: int) -> str:
    """Where scripts on the key `stream` write tombstones: the partition's dead letters, or what stands in for them in
    the public stream's slot (see tombstones.Tombstones)."""
    dead = keys.stream(DEAD, partition)
    return dead if share_a_slot(redis, stream, dead) else keys.tombstones
