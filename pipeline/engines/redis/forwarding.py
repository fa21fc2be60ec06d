"""What a batch of settlements writes to, and how it gets into other slots than the batch's own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
from redis.asyncio import Redis

from pipeline.engines.redis.scripts import Script
from pipeline.engines.redis.slots import slot_of


@dataclass(slots=True)
class Places:
    """What a batch writes to: keys and their place among the script's, counted from 1; `onward` are the streams of
    stages among them."""

    streams: dict[str, int] = field(default_factory=dict)
    sets: dict[str, int] = field(default_factory=dict)
    onward: set[str] = field(default_factory=set)


def place_of(places: dict[str, int], key: str) -> int:
    """The key's place, the next one where it has none yet."""
    return places.setdefault(key, len(places) + 1)


@dataclass(slots=True)
class _Share:
    """What of a batch goes to one slot."""

    places: Places = field(default_factory=Places)
    rows: dict[str, tuple[list[Any], list[Any]]] = field(default_factory=dict)


class Forwarding:
    """Appends to streams in other slots than the batch's own, each slot's share in one step.

    A slot that was written is remembered until the batch is acknowledged, so that while one of them is away its
    neighbours are not written again and again; only an answer that got lost makes a double.
    """

    def __init__(self, redis: Redis) -> None:
        self._forward = Script(redis, "forward")
        self._written: dict[str, set[int]] = {}

    async def forward(self, batch: Sequence[Any], places: Places) -> dict[str, int]:
        """Write the appends and steps of a packed batch (see settle.lua), as far as they are not written yet; returns
        the length of each stream that was written to. Raises what redis-py raises, once every slot has answered."""
        shares = self._shares(batch, places)
        written = (self._write(slot, share) for slot, share in shares.items())
        answers = await asyncio.gather(*written, return_exceptions=True)
        lengths: dict[str, int] = {}
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            lengths.update(answer)
        return lengths

    def forget(self, entry_ids: Iterable[str]) -> None:
        """These are acknowledged, or another's."""
        for entry_id in entry_ids:
            self._written.pop(entry_id, None)

    def _shares(self, batch: Sequence[Any], places: Places) -> dict[int, _Share]:
        streams, sets = list(places.streams), list(places.sets)
        slots = {key: slot_of(key) for key in (*streams, *sets)}
        shares: dict[int, _Share] = {}

        def row(entry_id: str, key: str) -> tuple[_Share, tuple[list[Any], list[Any]]]:
            share = shares.setdefault(slots[key], _Share())
            return share, share.rows.setdefault(entry_id, ([], []))

        for entry_id, place, said, step, seq in batch:
            for stream, parts in [(place, said)] if place > 0 else said if place == 0 else ():
                share, (its_appends, _steps) = row(entry_id, key := streams[stream - 1])
                its_appends.append((place_of(share.places.streams, key), parts))
            if step:
                share, (_appends, its_steps) = row(entry_id, key := sets[abs(step) - 1])
                its_steps.append((place_of(share.places.sets, key), "+" if step > 0 else "-", seq))
        return shares

    async def _write(self, slot: int, share: _Share) -> dict[str, int]:
        rows = {
            entry_id: row
            for entry_id, row in share.rows.items()
            if slot not in self._written.get(entry_id, ())
        }
        if not rows:
            return {}
        streams, sets = share.places.streams, share.places.sets
        packed = msgpack.packb(list(rows.values()), use_bin_type=False)
        lengths = await self._forward([*streams, *sets], len(streams), packed)
        for entry_id in rows:
            self._written.setdefault(entry_id, set()).add(slot)
        return dict(zip(streams, lengths, strict=True))
