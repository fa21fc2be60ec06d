"""What was offered to a stream that lies elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgpack
from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import Hasty, Kept, Offer, OfferBounds, digest, hasty, identity, offer_keys
from pipeline.engines.redis.scripts import Script


class OfferMemory:
    """As CommentLog, without the stream: whoever appends what is new tells it what became of that."""

    def __init__(self, redis: Redis, keys: Keys, bounds: OfferBounds) -> None:
        self._keys, self._bounds = keys, bounds.arguments()
        self._admit, self._put = Script(redis, "admit"), Script(redis, "remember_offers")

    async def admit(self, offers: Sequence[Offer | None], key_id: str) -> list[Kept | Hasty | None]:
        """What was appended before, and what is too fast; None for what is to be appended, or was None. Raises
        what redis-py raises."""
        entries = [offer is not None and identity(offer) for offer in offers]
        packed = msgpack.packb(entries, use_bin_type=False)
        answers = await self._admit(offer_keys(self._keys, key_id), *self._bounds, packed)
        return [
            _read(offer, answer) if offer else None for offer, answer in zip(offers, answers, strict=True)
        ]

    async def remember(self, kept: Collection[Kept]) -> None:
        """These were appended. Raises what redis-py raises."""
        if kept:
            told = [(digest(one.name), f"{one.entry_id} {one.timestamp}") for one in kept]
            await self._put(self._keys.offered, self._bounds[0], msgpack.packb(told, use_bin_type=False))


def _read(offer: Offer, answer: tuple[bytes, bytes]) -> Kept | Hasty | None:
    known, why = answer
    if known:
        entry_id, _, timestamp = known.decode().partition(" ")
        return Kept(offer.name, entry_id, timestamp, is_new=False)
    return hasty(why) if why else None
