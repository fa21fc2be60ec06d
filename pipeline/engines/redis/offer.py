"""What a door offers to the public stream, and what becomes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

from pipeline.engines.redis.keys import Keys

TOLD = "timestamp"
"""The field of an entry that is given back to whoever offers it again."""


class Offer(Struct, frozen=True, gc=False):
    """An entry to append. Offers of the same `name` are one. `speaker` names whose limit it counts for; None: nobody's.
    The fields, `timestamp` among them, are best in the same order each time: then the stream names them once."""

    name: str
    fields: Mapping[str, str]
    speaker: tuple[str, ...] | None = None


class Kept(Struct, frozen=True, gc=False):
    """Where the entry of this name stands, with the timestamp of its first offer; `is_new` where that was this one."""

    name: str
    entry_id: str
    timestamp: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Hasty:
    """It was not appended: `whose` limit is used up."""

    whose: Literal["key", "speaker"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many within so many seconds."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class OfferBounds:
    """What was offered is remembered for `remember_seconds`, and for twice that at most. No more than `per_key` comes
    by one key, in fixed windows, and no more than `per_speaker` of one speaker, in a moving window."""

    remember_seconds: int
    per_key: Rate | None = None
    per_speaker: Rate | None = None

    def arguments(self) -> tuple[int, ...]:
        """As the scripts take them."""
        speaker = (self.per_speaker.most, self.per_speaker.seconds * 1000) if self.per_speaker else (0, 0)
        key = (self.per_key.most, self.per_key.seconds) if self.per_key else (0, 0)
        return (self.remember_seconds * 1000, *speaker, *key)


def offer_keys(keys: Keys, key_id: str) -> list[str]:
    """Of memory and counts, as the scripts take them."""
    return [*keys.offered, *keys.spoken, keys.came(key_id)]


def identity(offer: Offer) -> tuple[bytes, bytes | bool]:
    """Name and speaker, as short as they are remembered."""
    # No name holds NUL.
    return digest(offer.name), offer.speaker is not None and digest("\0".join(offer.speaker))


def digest(name: str) -> bytes:
    """96 bits, of which no two names will share all."""
    return hashlib.blake2b(name.encode(), digest_size=12).digest()


def hasty(why: bytes) -> Hasty:
    """As the scripts say it."""
    return Hasty("key" if why == b"key" else "speaker")
