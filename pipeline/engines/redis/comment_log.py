"""The public stream, as a door writes it that may be told the same thing twice, and too often."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import msgpack
from redis.asyncio import Redis

from pipeline.engines.redis.group_commit import GroupCommit
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import TOLD, Hasty, Kept, Offer, OfferBounds, hasty, identity, offer_keys
from pipeline.engines.redis.scripts import Script


class CommentLog:
    """Appends to the public stream, within the bounds; what other processes append so counts too. What is offered by
    the same key at the same time goes there in one step."""

    def __init__(self, redis: Redis, keys: Keys, bounds: OfferBounds) -> None:
        self._keys, self._bounds = keys, bounds.arguments()
        self._append_first = Script(redis, "append_first")
        self._commits = GroupCommit(self._commit)

    async def append(self, offers: Sequence[Offer | None], key_id: str = "") -> list[Kept | Hasty | None]:
        """Append what was not appended before and is not too fast, in this order and in one step: all of it is kept, or
        nothing. Where the answer is lost, the same offers may be made again. None stands for what counts for the key
        and is not to be appended. Raises what redis-py raises (see connection.REDIS_AWAY)."""
        return await self._commits(key_id, offers) if offers else []

    async def _commit(self, key_id: str, offers: Sequence[Offer | None]) -> list[Kept | Hasty | None]:
        entries = [offer is not None and _packed(offer) for offer in offers]  # nil would end a list in Lua
        keys = [*offer_keys(self._keys, key_id), self._keys.comments]
        packed = msgpack.packb(entries, use_bin_type=False)
        answers = await self._append_first(keys, *self._bounds, packed, TOLD)
        return [
            _read(offer, answer) if offer else None for offer, answer in zip(offers, answers, strict=True)
        ]


def _packed(offer: Offer) -> tuple[bytes, bytes | bool, list[str]]:
    return *identity(offer), list(chain.from_iterable(offer.fields.items()))


def _read(offer: Offer, answer: tuple[bytes, bytes, int]) -> Kept | Hasty:
    entry_id, told, is_new = answer
    if entry_id:
        return Kept(offer.name, entry_id.decode(), told.decode(), bool(is_new))
    return hasty(told)
