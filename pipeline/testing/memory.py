"""All that a run keeps: streams, end states, dead letters, and which comments are unfinished."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from pipeline.dead_letter import DeadLetter, read_dead_letter
from pipeline.envelope import read_envelope
from pipeline.events import EndState
from pipeline.settlement import DEAD, EVENTS, Append, Fields, Finished
from pipeline.stage import PUBLIC_STREAM
from pipeline.testing.stream import MemoryStream, rank
from schemas.codec import decode


class Memory:
    """`now_ms` gives epoch milliseconds."""

    def __init__(self, partitions: int, now_ms: Callable[[], int]) -> None:
        self.partitions, self._now_ms = partitions, now_ms
        self.ends: list[EndState] = []
        self._streams: defaultdict[tuple[str, int], MemoryStream] = defaultdict(MemoryStream)
        self._unfinished: defaultdict[int, set[str]] = defaultdict(set)
        self._appended: set[str] = set()

    def stream(self, name: str, partition: int) -> MemoryStream:
        """The stream of this name; the public one has no partitions."""
        return self._streams[name, 0 if name == PUBLIC_STREAM else partition]

    def next_id(self, name: str, partition: int) -> str:
        """The id of the entry that is appended next."""
        return self.stream(name, partition).next_id(self._now_ms())

    def append(self, append: Append) -> str:
        """Write one entry; returns its id."""
        stream = self.stream(append.stream, append.partition)
        entry_id = stream.append(append.fields, self._now_ms())
        if append.stream == EVENTS:
            self.ends.append(decode(EndState, read_envelope(stream.entries[entry_id]).data))
        return entry_id

    def append_once(self, record_id: str, append: Append) -> None:
        """Write one entry, unless this record was written before."""
        if record_id not in self._appended:
            self._appended.add(record_id)
            self.append(append)

    def write(self, settled: Finished) -> None:
        """What a settled entry leaves behind."""
        for append in settled.appends:
            self.append(append)
        if step := settled.step:
            unfinished = self._unfinished[step.partition]
            (unfinished.add if step.begins else unfinished.discard)(step.seq)

    def fields(self, name: str) -> list[dict[bytes, bytes]]:
        """The entries of a stream, oldest first in each partition."""
        partitions = 1 if name == PUBLIC_STREAM else self.partitions
        streams = [self.stream(name, partition) for partition in range(partitions)]
        return [fields for stream in streams for fields in stream.entries.values()]

    def unfinished(self, partition: int) -> list[str]:
        """Seqs, first one first."""
        return sorted(self._unfinished[partition], key=rank)

    def finish(self, partition: int, seqs: Iterable[str]) -> None:
        """These are unfinished no longer."""
        self._unfinished[partition].difference_update(seqs)

    def dead(self) -> list[DeadLetter]:
        """The dead letters, oldest first in each partition."""
        return [read_dead_letter(fields) for fields in self.fields(DEAD)]

    def take_dead(self, letter: DeadLetter) -> Fields:
        """Take a dead letter away; returns the fields of its entry. Raises LookupError."""
        for partition in range(self.partitions):
            entries = self.stream(DEAD, partition).entries
            for entry_id, fields in entries.items():
                if read_dead_letter(fields) == letter:
                    del entries[entry_id]
                    return tuple(part for pair in letter.raw.items() for part in pair)
        raise LookupError(f"The dead letter of {letter.comment_id} is not there: it was already redriven.")
