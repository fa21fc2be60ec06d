"""Who says too much, and who says the same again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

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
    """Remembers for each speaker no more than the bounds need, and that no longer."""

    def __init__(self, redis: Redis, keys: Keys, bounds: Bounds) -> None:
        self._keys, self._bounds = keys, bounds
        self._judge = Script(redis, "judge_sayings")

    async def judge(self, sayings: Sequence[Saying]) -> list[Verdict]:
        """What is to be thought of each, in their order. An entry that is judged again is no copy of itself.

        Raises what redis-py raises (see connection.REDIS_AWAY)."""
        if not sayings:
            return []
        keys = [key for saying in sayings for key in self._of(saying)]
        bounds = self._bounds
        verdicts = await self._judge(
            keys,
            bounds.most or 0,
            round(bounds.window_seconds * 1000),
            round(bounds.repeat_seconds * 1000),
            *(saying.entry_id for saying in sayings),
        )
        return [verdict.decode() for verdict in verdicts]

    def _of(self, saying: Saying) -> tuple[str, str]:
        speaker = _digest(*saying.speaker)
        return self._keys.sayings(speaker), self._keys.sayings(f"{speaker}:{_digest(saying.words)}")


def _digest(*parts: str) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        data = part.encode()
        digest.update(b"%d:%s" % (len(data), data))
    return digest.hexdigest()
