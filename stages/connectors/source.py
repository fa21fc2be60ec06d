"""What a platform must do to be connected."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from stages.connectors.incoming import Incoming


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection stands. Yield it once, as early as it is known."""


@dataclass(frozen=True, slots=True)
class Ignored:
    """Something that is no comment, to be counted by `kind`: the platform's own name of the event's type, in few
    different values (it is a label of a metric)."""

    kind: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Everything before it has been yielded: once that is pushed, `token` is stored, and given to the next `events`."""

    token: str


Event = Incoming | Connected | Ignored | Checkpoint


class Source(Protocol):
    """One streamer's comments on one platform."""

    @property
    def platform(self) -> str:
        """Its name, as comments carry it; the connector signs by it too."""

    @property
    def streamer(self) -> str:
        """Whose stream it is, as the catalog names them."""

    def events(self, since: Checkpoint | None) -> AsyncGenerator[Event, None]:
        """Connect, and yield what comes, as it comes; `since` is the last checkpoint that was stored, if any.

        What was yielded before may be yielded again (the history a platform sends at each connect): it is known by
        its message id, and goes no further. Ends when the show is over for good. Raises Away when the connection is
        lost or can't be made (the next call then connects anew, after a backoff or the seconds it names), and Refused
        when that can't help. Must let go of its connection when it is closed (`aclose`) or cancelled.
        """
