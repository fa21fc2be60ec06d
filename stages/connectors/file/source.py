"""Plays a recording as if its show were on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import get_args

import orjson

from stages.connectors.file.recording import RecordedLine, Recording
from stages.connectors.incoming import Incoming, IncomingKind
from stages.connectors.source import Checkpoint, Connected, Event, Ignored
from stages.ingest import UNPINNED

OTHER_STREAMER = "of another streamer"


class FileSource:
    """A recording at its own pace, times `speed`.

    Its comments keep their times; with `start`, the show's first moment is put there, and all others as long after it
    as they were. Lines that tell seconds only need one. What follows the last checkpoint in the same file is played as
    if the show had begun when it did. `advance` is told how many lines are done; `clock` counts seconds.
    """

    platform = "file"

    def __init__(
        self,
        recording: Recording,
        start: datetime | None,
        *,
        speed: float = 1.0,
        advance: Callable[[int], object] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._streamer, self._recording, self._start = recording.streamer, recording, start
        self._speed, self._advance, self._clock, self._sleep = speed, advance, clock, sleep

    @property
    def streamer(self) -> str:
        """As Source.streamer."""
        return self._streamer

    async def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        """As Source.events: it ends with the file."""
        place = _Place.of(since, self._recording.digest) or _Place(self._recording.digest, 0, self._start)
        yield Connected()
        for _ in range(0 if place.done else self._recording.left_out):
            yield Ignored(OTHER_STREAMER)
        self._advance(place.done)
        first = _seconds(self._recording.lines[0])
        rest = self._recording.lines[place.done :]
        began = self._clock()
        for line in rest:
            due = began + (_seconds(line) - _seconds(rest[0])) / self._speed
            if (pause := due - self._clock()) > 0:
                await self._sleep(pause)
            yield _event(line, self._streamer, _moment(line, first, place.start))
            place = place.next()
            yield place.checkpoint()
            self._advance(1)


@dataclass(frozen=True, slots=True)
class _Place:
    """How many lines of a recording are done, and where its show's first moment was put."""

    digest: str
    done: int
    start: datetime | None

    @classmethod
    def of(cls, checkpoint: Checkpoint | None, digest: str) -> _Place | None:
        """The place that was kept; None where there is none in this recording."""
        kept = orjson.loads(checkpoint.token) if checkpoint else {}
        if kept.get("digest") != digest:
            return None
        return cls(digest, kept["done"], datetime.fromisoformat(kept["start"]) if kept["start"] else None)

    def next(self) -> _Place:
        return replace(self, done=self.done + 1)

    def checkpoint(self) -> Checkpoint:
        return Checkpoint(orjson.dumps(self).decode())


def needs_start(recording: Recording) -> bool:
    """Whether only the seconds into the show are known."""
    return any(line.timestamp is None for line in recording.lines)


def _seconds(line: RecordedLine) -> float:
    if line.timestamp is not None:
        return line.timestamp.timestamp()
    assert line.at is not None  # noqa: S101 - read_recording saw to it
    return line.at


def _moment(line: RecordedLine, first: float, start: datetime | None) -> datetime:
    if start is not None:
        return start + timedelta(seconds=_seconds(line) - first)
    assert line.timestamp is not None  # noqa: S101 - or there is a start
    return line.timestamp


def _event(line: RecordedLine, streamer: str, timestamp: datetime) -> Event:
    for kind in get_args(IncomingKind):
        if line.kind == kind:
            message = line.message or (UNPINNED if kind == "pin" else "")
            return Incoming(
                streamer=streamer,
                platform=line.platform,
                message_id=line.message_id,
                client=line.client,
                client_id=line.client_id,
                message=message,
                timestamp=timestamp,
                kind=kind,
            )
    return Ignored(line.kind)
