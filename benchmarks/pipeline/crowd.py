"""Who writes, and what: drawn from a seed, in the words of the demo and of the classifier's texts."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from stages.demo.script import Buyer
from stages.demo.show import Show, ShowComment

PLATFORM = "tiktok"
BUY_SHARE = 0.2
SHOW_SECONDS = 46.0
"""The show of the demo, which is played again and again."""

WRITTEN_A_SECOND = 260.0
"""Comments that viewers wrote while a backlog came about, whatever its size: so the frames of a show weigh the same on
each comment of a small backlog as of a large one."""

_KNOWN_SHARE = 0.6  # of those who buy, as in the demo
_AROUND_SECONDS = 2.0
_STRANGERS = 20_000
_TEXTS = Path(__file__).parents[2] / "stages" / "training" / "data"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who writes; only who is known has a phone, and perhaps a saved card."""

    client_id: str
    client: str
    phone: str | None = None
    channel: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A comment; `at` is when in the show it is written, in seconds."""

    streamer: str
    viewer: Viewer
    message: str
    message_id: str
    at: float

    def fields(self, start: datetime) -> dict[str, str]:
        """As it is posted, in a show that began at `start`."""
        return {
            "streamer": self.streamer,
            "client": self.viewer.client,
            "client_id": self.viewer.client_id,
            "message": self.message,
            "message_id": self.message_id,
            "platform": PLATFORM,
            "timestamp": (start + timedelta(seconds=self.at)).isoformat(),
        }


class Crowd:
    """The viewers of a show. A fifth of what they write are buys, which speak of what is on screen at that time.
    Nothing else is written twice before all was written once (some 11,000 texts): whatever remembers texts gains only
    by claims."""

    def __init__(self, show: Show, known: int, dice: random.Random) -> None:
        self._dice = dice
        self.known = tuple(_acquaintance(number, show.script.buyers) for number in range(known))
        self._buys = [line for line in show.comments if line.expect_sku is not None]
        self._others, self._left = _others(show), list[str]()
        self._streamers = [streamer.handle for streamer in show.script.streamers]
        self._drawn = 0

    def lines(self, moments: Sequence[float]) -> Iterator[Line]:
        """One comment for each of these moments of the show."""
        return (self._line(at) for at in moments)

    def _line(self, at: float) -> Line:
        self._drawn += 1
        mark = f"m{self._drawn}"
        if self._dice.random() < BUY_SHARE:
            said = self._buy_around(at % SHOW_SECONDS)
            viewer = self._dice.choice(self.known) if self._dice.random() < _KNOWN_SHARE else self._stranger()
            return Line(said.streamer, viewer, said.message, mark, at)
        return Line(self._dice.choice(self._streamers), self._stranger(), self._next_other(), mark, at)

    def _next_other(self) -> str:
        if not self._left:
            self._left = self._dice.sample(self._others, len(self._others))
        return self._left.pop()

    def _buy_around(self, at: float) -> ShowComment:
        near = [line for line in self._buys if abs(line.at - at) <= _AROUND_SECONDS]
        return self._dice.choice(near) if near else min(self._buys, key=lambda line: abs(line.at - at))

    def _stranger(self) -> Viewer:
        number = self._dice.randrange(_STRANGERS)
        return Viewer(f"{8_000_000_000 + number}", f"viewer_{number}")


def _acquaintance(number: int, examples: Sequence[Buyer]) -> Viewer:
    like = examples[number % len(examples)]
    return Viewer(
        f"{7_000_000_000 + number}",
        f"known_{number}",
        phone=f"+1555{number:07d}",
        channel=like.channel,
        card=like.card,
    )


def _others(show: Show) -> list[str]:
    files = sorted(_TEXTS.glob("*.jsonl"))
    rows = (json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines())
    texts = [str(row["text"]) for row in rows if row["intent"] != "buy"]
    return list(dict.fromkeys([line.message for line in show.comments if line.expect != "buy"] + texts))
