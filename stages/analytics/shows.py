"""The panes of all shows, as they lie in a table."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

from stages.analytics.panes import Pane
from stages.analytics.windows import Window, is_over, windows


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pane lies: the partition, when it began (epoch seconds), and whose show it is."""

    partition: int
    start: int
    streamer: str

    @classmethod
    def of(cls, key: str) -> Place:
        """The place that `key` names.

        >>> Place.of(Place(3, 1790000000, "maya:closet").key)
        Place(partition=3, start=1790000000, streamer='maya:closet')
        """
        partition, start, streamer = key.split(":", 2)
        return cls(int(partition), int(start), streamer)

    @property
    def key(self) -> str:
        """Its key in the table."""
        return f"{self.partition}:{self.start}:{self.streamer}"


class Kept(Protocol):
    """A table: what is set in it is kept; `data` is what lies there now, and changing that changes nothing of what is
    kept."""

    @property
    def data(self) -> MutableMapping[str, dict[str, Any]]: ...
    def __setitem__(self, key: str, value: dict[str, Any]) -> None: ...


class Shows:
    """What is known of the shows. Old panes are not deleted from what is kept, which forgets them by itself."""

    def __init__(self, table: Kept) -> None:
        self._table = table
        self._read: dict[str, tuple[dict[str, Any], Pane]] = {}

    def learn(self, told: Mapping[Place, Pane], now_ms: int) -> None:
        """Keep what is new of it, for panes that some window still reaches."""
        for place, pane in told.items():
            if is_over(place.start, now_ms):
                continue
            known = self._pane(place.key)
            merged = known.merged(pane) if known else pane
            if merged != known:
                self._table[place.key] = merged.as_json()

    def forget(self, now_ms: int) -> None:
        """Drop panes that no window reaches any more."""
        data = self._table.data
        for key in [key for key in data if is_over(Place.of(key).start, now_ms)]:
            del data[key]
        self._read = {key: read for key, read in self._read.items() if key in data}

    def windows(self, partition: int, now_ms: int) -> dict[str, tuple[Window, ...]]:
        """The windows of the partition's streamers, by name."""
        panes: dict[str, dict[int, Pane]] = {}
        for key in list(self._table.data):
            place = Place.of(key)
            if place.partition == partition and (pane := self._pane(key)):
                panes.setdefault(place.streamer, {})[place.start] = pane
        return {streamer: windows(own, now_ms) for streamer, own in panes.items()}

    def _pane(self, key: str) -> Pane | None:
        """What lies there, read once."""
        kept = self._table.data.get(key)
        if kept is None:
            return None
        read = self._read.get(key)
        if read is None or read[0] is not kept:
            read = self._read[key] = (kept, Pane.from_json(kept))
        return read[1]
