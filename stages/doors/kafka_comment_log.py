"""The public topic, as a door writes it that may be told the same thing twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from redis.asyncio import Redis

from pipeline.engines.kafka.connection import KAFKA_AWAY
from pipeline.engines.redis.comment_log import CommentLog, Kept, Offer
from pipeline.engines.redis.keys import Keys
from pipeline.ports import PublicDoor


class KafkaUnavailable(OSError):
    """Kafka did not answer; whether it has kept anything is not known."""


class KafkaCommentLog:
    """Appends to the public topic, and remembers in Redis for `remember_seconds` what it has appended.

    The two are no one step. Of two that offer the same at the same moment both may append, and where Redis goes away
    in between, so does who offers it again: ingest knows the second by its comment id, and ends it.
    """

    def __init__(self, door: PublicDoor, redis: Redis, keys: Keys, remember_seconds: int) -> None:
        self._door, self._redis, self._keys, self._seconds = door, redis, keys, remember_seconds
        self._memory = CommentLog(redis, keys, remember_seconds)

    async def append(self, offers: Sequence[Offer]) -> list[Kept]:
        """Append what was not appended before, in this order; those of one streamer keep it. Where the answer is lost,
        the same offers may be made again. Raises KafkaUnavailable, and what redis-py raises."""
        known = await self.find(offers)
        new = {offer.name: offer for offer in offers if offer.name not in known}
        kept = {**known, **await self._append(list(new.values()))}
        # Of what one batch offers twice, the second is answered as the first one was.
        first = {offer.name: number for number, offer in reversed(list(enumerate(offers)))}
        return [
            replace(kept[offer.name], is_new=kept[offer.name].is_new and first[offer.name] == number)
            for number, offer in enumerate(offers)
        ]

    async def find(self, offers: Sequence[Offer]) -> dict[str, Kept]:
        """Those that were appended before and are remembered, by name. Raises what redis-py raises."""
        return await self._memory.find(offers)

    async def _append(self, offers: Sequence[Offer]) -> dict[str, Kept]:
        # Begun in their order, and so written: nothing waits for the one before to be answered.
        answers = await asyncio.gather(
            *(self._door.comment(o.fields) for o in offers), return_exceptions=True
        )
        kept = {
            offer.name: Kept(offer.name, answer, offer.memo, is_new=True)
            for offer, answer in zip(offers, answers, strict=True)
            if isinstance(answer, str)
        }
        await self._remember(kept)
        for answer in answers:
            if isinstance(answer, KAFKA_AWAY):
                raise KafkaUnavailable(str(answer) or type(answer).__name__) from answer
            if isinstance(answer, BaseException):
                raise answer
        return kept

    async def _remember(self, kept: Mapping[str, Kept]) -> None:
        await asyncio.gather(
            *(
                self._redis.execute_command(
                    "SET", self._keys.offered(name), f"{one.entry_id} {one.memo}", "EX", self._seconds
                )
                for name, one in kept.items()
            )
        )
