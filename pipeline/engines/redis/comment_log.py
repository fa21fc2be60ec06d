"""The public stream, as a door writes it that may be told the same thing twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgpack
from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script


@dataclass(frozen=True, slots=True)
class Offer:
    """An entry to append. Offers of the same `name` are one; `memo` is given back with it, also to later ones."""

    name: str
    memo: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the entry of this name stands, with the memo of its first offer; `is_new` where that was this one."""

    name: str
    entry_id: str
    memo: str
    is_new: bool


class CommentLog:
    """Appends to the public stream, and remembers for `remember_seconds` what it has appended."""

    def __init__(self, redis: Redis, keys: Keys, remember_seconds: int) -> None:
        self._redis = redis
        self._keys, self._seconds = keys, remember_seconds
        self._append_first = Script(redis, "append_first")

    async def append(self, offers: Sequence[Offer]) -> list[Kept]:
        """Append what was not appended before, in this order and in one step: all of it is kept, or nothing. Where the
        answer is lost, the same offers may be made again. Raises what redis-py raises (see connection.REDIS_AWAY)."""
        if not offers:
            return []
        keys = [self._keys.comments, *(self._keys.offered(offer.name) for offer in offers)]
        entries = [(offer.memo, [part for pair in offer.fields.items() for part in pair]) for offer in offers]
        answers = await self._append_first(keys, self._seconds, msgpack.packb(entries))
        return [
            Kept(offer.name, entry_id.decode(), memo.decode(), bool(is_new))
            for offer, (entry_id, memo, is_new) in zip(offers, answers, strict=True)
        ]

    async def find(self, offers: Sequence[Offer]) -> dict[str, Kept]:
        """Those that were appended before and are remembered, by name. Raises what redis-py raises."""
        if not offers:
            return {}
        known = await self._redis.execute_command(
            "MGET", *(self._keys.offered(offer.name) for offer in offers)
        )
        return {
            offer.name: _remembered(offer.name, memory.decode())
            for offer, memory in zip(offers, known, strict=True)
            if memory is not None
        }


def _remembered(name: str, memory: str) -> Kept:
    entry_id, _, memo = memory.partition(" ")
    return Kept(name, entry_id, memo, is_new=False)
