"""Who was first: how many comments before a given one are still on their way."""

from __future__ import annotations

from collections.abc import Sequence

from redis.asyncio import Redis

from pipeline.decision import partition_of
from pipeline.engines.redis.keys import Keys

_MOST = 1000  # at the door: more need not be told apart
_PLACE_SECONDS = 600.0


def member(seq: str) -> str:
    """`seq` as it stands in the set of unfinished ones, whose order is that of text.

    >>> member("1700000000000-7") < member("1700000000000-10")
    True
    """
    milliseconds, number = seq.split("-")
    return f"{milliseconds.zfill(13)}-{number.zfill(7)}"


class Watermark:
    """Tells an exclusive stage what it must wait for so that the earlier comment wins.

    A comment counts as unfinished from the moment it stands in the public stream and was given to the door's stage,
    until it ends or the exclusive stage has settled it; a retry on the way keeps its place, a dead letter loses it, and
    so does whoever takes longer than ten minutes: one stuck comment must not hold up a whole show.
    """

    def __init__(self, redis: Redis, keys: Keys, partitions: int, door: str) -> None:
        self._redis, self._keys, self._partitions, self._door = redis, keys, partitions, door

    async def earlier(self, partition_key: str, seq: str) -> int:
        """How many comments before `seq` are unfinished in the partition of `partition_key` (at the door, where
        nothing is known of a comment yet, in any partition). Raises what redis-py raises."""
        # The door first: what passes it in between is counted twice, never missed.
        at_the_door = await self._redis.execute_command(
            "XPENDING", self._keys.comments, self._door, "-", f"({seq}", _MOST
        )
        key = self._keys.unfinished(partition_of(partition_key, self._partitions))
        on_the_way = await self._redis.execute_command("ZLEXCOUNT", key, "-", f"({member(seq)}")
        return len(at_the_door) + int(on_the_way)

    async def leave(self, partition_key: str, seqs: Sequence[str]) -> None:
        """These comments of the partition lose their places (see ports.Watermark). Raises what redis-py raises."""
        key = self._keys.unfinished(partition_of(partition_key, self._partitions))
        await self._redis.execute_command("ZREM", key, *map(member, seqs))

    async def forget(self, partition: int, now: float) -> int:
        """Drop from the partition's set whoever was before `now` (epoch seconds) by more than the time a place is
        kept. Returns how many."""
        limit = member(f"{max(0, int((now - _PLACE_SECONDS) * 1000))}-0")
        key = self._keys.unfinished(partition)
        return int(await self._redis.execute_command("ZREMRANGEBYLEX", key, "-", f"({limit}"))
