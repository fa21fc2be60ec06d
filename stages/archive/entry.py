"""An entry of the public stream, as the archive keeps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import msgpack

from pipeline.entry_id import EntryId, parse_id
from pipeline.replay import PastEntry

_STREAMER = b"streamer"


@dataclass(frozen=True, slots=True)
class Entry:
    """Id, and field names and values in turn, byte for byte. `parts` is None where the viewer was forgotten: that there
    was an entry is all that is left of it."""

    seq: str
    parts: tuple[bytes, ...] | None

    @property
    def id(self) -> EntryId:
        """The id, so that it sorts."""
        return parse_id(self.seq)

    @property
    def canonical(self) -> bytes:
        """What is hashed: msgpack of id, names and values; of the id alone where it was forgotten."""
        packed: bytes = msgpack.packb([self.seq.encode(), *(self.parts or ())], use_bin_type=True)
        return packed

    @property
    def streamer(self) -> str | None:
        """Under whose name it is filed; None where it names nobody that can be read."""
        name = self.fields.get(_STREAMER)
        try:
            return name.decode() if name else None
        except UnicodeDecodeError:
            return None

    @property
    def fields(self) -> dict[bytes, bytes]:
        """Its fields; of those that come twice the last, as for the stages."""
        parts = self.parts or ()
        return dict(zip(parts[::2], parts[1::2], strict=True))

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.seq) + sum(map(len, self.parts or ()))

    def as_past(self) -> PastEntry:
        """As a replay reads it."""
        return PastEntry(self.seq, self.fields)


def digest(entries: Iterable[Entry]) -> str:
    """SHA-256 over the canonical bytes of entries, in this order."""
    hashed = hashlib.sha256()
    for entry in entries:
        hashed.update(entry.canonical)
    return hashed.hexdigest()
