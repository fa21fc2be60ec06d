"""The tombstones of public entries, on their way to the dead letters."""

from __future__ import annotations

from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.reach import tombstones_for
from pipeline.settlement import DEAD

_PAGE = 100


class Tombstones:
    """On a cluster the public stream lies in another slot than the dead letters: a script that finds an entry gone sets
    its tombstone down beside the stream, in the same step, and it is carried over from there. On a lone server it is
    written where it belongs at once. `key` is where scripts on the public stream write them."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._dead = keys.stream(DEAD, 0)
        self.key = tombstones_for(redis, keys, keys.comments, 0)

    async def carry(self) -> int:
        """Carry over what lies there; returns how many. Whoever breaks off in between leaves one that is carried again:
        a second tombstone of the same entry. Raises what redis-py raises."""
        if self.key == self._dead:
            return 0
        carried = 0
        while page := await self._redis.execute_command("XRANGE", self.key, "-", "+", "COUNT", _PAGE):
            for entry_id, fields in page:
                parts = (part for pair in fields.items() for part in pair)
                await self._redis.execute_command("XADD", self._dead, "*", *parts)
                await self._redis.execute_command("XDEL", self.key, entry_id)
            carried += len(page)
        return carried
