"""A platform whose every connection is scripted."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pipeline.testing import VirtualClock
from stages.connectors.incoming import Incoming, IncomingKind
from stages.connectors.source import Checkpoint, Event

STREAMER = "maya.closet"
SAID_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def said(name: str, *, kind: IncomingKind = "comment", streamer: str = STREAMER) -> Incoming:
    """A comment, or what else is known by this message id."""
    return Incoming(
        streamer=streamer,
        platform="tiktok",
        message_id=name,
        client="ana",
        client_id="69379",
        message="" if kind == "retract" else "I want it! 💕",
        timestamp=SAID_AT,
        kind=kind,
    )


@dataclass(frozen=True, slots=True)
class Lasts:
    """So many seconds pass."""

    seconds: float


class Platform:
    """Each connection yields the next list of events; an exception among them is raised, and ends it. After the last
    connection the show is over. `sinces` are the checkpoints that the connections were made from."""

    platform = "tiktok"
    streamer = STREAMER

    def __init__(
        self, *connections: Sequence[Event | Lasts | Exception], clock: VirtualClock | None = None
    ) -> None:
        self._connections = list(connections)
        self._clock = clock
        self.sinces: list[Checkpoint | None] = []

    async def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        self.sinces.append(since)
        for event in self._connections.pop(0):
            if isinstance(event, Exception):
                raise event
            if isinstance(event, Lasts):
                assert self._clock is not None
                self._clock.advance(event.seconds)
            else:
                yield event
