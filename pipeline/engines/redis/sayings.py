"""Who says too much, and who says the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgpack
from redis.asyncio import Redis

from pipeline.engines.redis.keys import Keys
from pipeline.engines.redis.scripts import Script

Verdict = Literal["fresh", "repeated", "flood"]


@dataclass(frozen=True, slots=True)
class Saying:
    """What a speaker says in an entry; `words` as they are compared."""

    speaker: tuple[str, ...]
    words: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """Within `window_seconds` a speaker may say `most` things (None: any number); the same words count once within
    `repeat_seconds` (0: each time)."""

    most: int | None
    window_seconds: float
    repeat_seconds: float


class Sayings:
    """Remembers for each speaker no more than the bounds need, and that for twice as long at most."""

    def __init__(self, redis: Redis, keys: Keys, bounds: Bounds) -> None:
        self._keys, self._bounds = keys.sayings, bounds
        self._judge = Script(redis, "judge_sayings")

    async def judge(self, sayings: Sequence[Saying]) -> list[Verdict]:
        """What is to be thought of each, in their order. An entry that is judged again is no copy of itself.

        Raises what redis-py raises (see connection.REDIS_AWAY)."""
        if not sayings:
            return []
        bounds = self._bounds
        verdicts = await self._judge(
            self._keys,
            bounds.most or 0,
            round(bounds.window_seconds * 1000),
            round(bounds.repeat_seconds * 1000),
            msgpack.packb([_packed(saying) for saying in sayings], use_bin_type=False),
        )
        return [verdict.decode() for verdict in verdicts]


def _packed(saying: Saying) -> tuple[bytes, bytes, bytes]:
    milliseconds, number = saying.entry_id.split("-")
    moment = int(milliseconds).to_bytes(6, "big") + int(number).to_bytes(4, "big")
    return _digest(*saying.speaker), _digest(*saying.speaker, saying.words), moment


def _digest(*parts: str) -> bytes:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part.encode()
        digest.update(b"%d:%s" % (len(data), data))
    return digest.digest()
