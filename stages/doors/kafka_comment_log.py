"""The public topic, as a door writes it that may be told the same thing twice, and too often."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace
from redis.asyncio import Redis

from pipeline.engines.kafka.connection import KAFKA_AWAY
from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.offer import Hasty, Kept, Offer, OfferBounds
from pipeline.engines.redis.offer_memory import OfferMemory
from pipeline.ports import PublicDoor
from stages.backbone import KafkaUnavailable


class KafkaCommentLog:
    """Appends to the public topic, and remembers in Redis what it has appended.

    The two are no one step. Of two that offer the same at the same moment both may append, and where Redis goes away
    in between, so does who offers it again: ingest knows the second by its comment id, and ends it.
    """

    def __init__(self, door: PublicDoor, redis: Redis, keys: Keys, bounds: OfferBounds) -> None:
        self._door, self._memory = door, OfferMemory(redis, keys, bounds)

    async def append(self, offers: Sequence[Offer | None], key_id: str = "") -> list[Kept | Hasty | None]:
        """Append what was not appended before and is not too fast, in this order; those of one streamer keep it. Where
        the answer is lost, the same offers may be made again. None counts for the key alone. Raises KafkaUnavailable,
        and what redis-py raises."""
        if not offers:
            return []
        admitted = await self._memory.admit(offers, key_id)
        new: dict[str, Offer] = {}
        for offer, answer in zip(offers, admitted, strict=True):
            if offer and answer is None:
                new.setdefault(offer.name, offer)
        kept = await self._append(list(new.values()))
        answers: list[Kept | Hasty | None] = []
        for offer, answer in zip(offers, admitted, strict=True):
            # Of what one batch offers twice, the second is answered as the first one was.
            known = kept.get(offer.name) if offer and not isinstance(answer, Kept) else None
            if offer and known:
                kept[offer.name] = replace(known, is_new=False)
            answers.append(known or answer)
        return answers

    async def _append(self, offers: Sequence[Offer]) -> dict[str, Kept]:
        # Begun in their order, and so written: nothing waits for the one before to be answered.
        answers = await asyncio.gather(
            *(self._door.comment(o.fields) for o in offers), return_exceptions=True
        )
        kept = {
            offer.name: Kept(offer.name, answer, offer.fields["timestamp"], is_new=True)
            for offer, answer in zip(offers, answers, strict=True)
            if isinstance(answer, str)
        }
        await self._memory.remember(kept.values())
        for answer in answers:
            if isinstance(answer, KAFKA_AWAY):
                raise KafkaUnavailable(str(answer) or type(answer).__name__) from answer
            if isinstance(answer, BaseException):
                raise answer
        return kept
