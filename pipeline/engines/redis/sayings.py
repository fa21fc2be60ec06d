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

_DRAWERS_PER_SECOND = 16
"""For each that sayings are kept. More would cost bytes, and spare time where thousands speak in a second."""

_DRAWER_BYTES, _SPEAKER_BYTES, _WORDS_BYTES, _MOMENT_BYTES, _NUMBER_BYTES = 4, 7, 4, 6, 2
"""What the script is told of a saying; all but the drawer is kept.

That some of n speakers seem to be one has a chance of n² / 2 / (drawers * 2^56) (birthday bound): at 100 comments a
second, 4,000 speakers in 40 s and 320 drawers, 3 in 10^13; and it costs a comment only if they say the same, or too
much together. A speaker's own words are compared with as many as they may say: with 20, at worst 5 in 10^9 comments
count as said before and were not. Entries of a millisecond are told apart as long as they are fewer than 65,536.

Whoever changes this changes the key's name too: other versions read it at the same time.
"""


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
    """Remembers of each speaker no more than the bounds need, and that for `keep` (ms) at least and twice that at most.

    Where any number may be said, whoever says certain words is a speaker of their own: so nobody's sayings heap up."""

    def __init__(self, redis: Redis, keys: Keys, bounds: Bounds) -> None:
        self._keys, self._by_words = keys.sayings, bounds.most is None
        window = 0 if bounds.most is None else round(bounds.window_seconds * 1000)
        repeats = round(bounds.repeat_seconds * 1000)
        self._keep = max(2 * window, repeats)  # twice: they may be worked off half as fast as they come
        self._drawers = max(1, self._keep * _DRAWERS_PER_SECOND // 1000)
        self._bounds = bounds.most or 0, window, repeats, self._keep
        self._judge = Script(redis, "judge_sayings")

    async def judge(self, sayings: Sequence[Saying]) -> list[Verdict]:
        """What is to be thought of each, in their order. An entry that is judged again is no copy of itself.

        Raises what redis-py raises (see connection.REDIS_AWAY)."""
        if not sayings or not self._keep:
            return ["fresh"] * len(sayings)
        verdicts = await self._judge(self._keys, *self._bounds, b"".join(map(self._packed, sayings)))
        return [verdict.decode() for verdict in verdicts]

    def _packed(self, saying: Saying) -> bytes:
        words = [saying.words] if self._by_words else []
        who = _digest(_DRAWER_BYTES + _SPEAKER_BYTES, *saying.speaker, *words)
        drawer = int.from_bytes(who[:_DRAWER_BYTES]) % self._drawers
        milliseconds, number = map(int, saying.entry_id.split("-"))
        parts = (
            drawer.to_bytes(_DRAWER_BYTES),
            who[_DRAWER_BYTES:],
            _digest(_WORDS_BYTES, saying.words),
            milliseconds.to_bytes(_MOMENT_BYTES),
            (number % 256**_NUMBER_BYTES).to_bytes(_NUMBER_BYTES),
        )
        return b"".join(parts)


def _digest(size: int, *parts: str) -> bytes:
    digest = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode()
        digest.update(b"%d:%s" % (len(data), data))
    return digest.digest()
