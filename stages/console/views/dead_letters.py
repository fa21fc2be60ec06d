"""Dead letters of a streamer: what failed, why, and whether it can be sent back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.dead_letter import DeadLetter
from pipeline.masking import masked, masked_words
from pipeline.ports import Lying
from pipeline.stage import PUBLIC_STREAM
from stages.console.backstage import Backstage

_SHOWN = 20
_LONGEST = 300  # characters of a reason or a message


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as people read it: masked. `client` and `message` are empty where the entry names none; `is_stray`:
    it names no streamer, so it is nobody's; `redrivable`: something is left that can be sent back."""

    id: str
    stage: str
    error: str
    reason: str
    attempts: int
    failed_at: datetime | None
    client: str
    message: str
    is_stray: bool
    redrivable: bool


@dataclass(frozen=True, slots=True)
class DeadLettersView:
    """The newest dead letters, and how many of those looked at there are."""

    total: int
    letters: tuple[Letter, ...]

    @property
    def further(self) -> int:
        """How many are not shown."""
        return self.total - len(self.letters)

    @property
    def redrivable(self) -> int:
        """How many of those shown can be sent back."""
        return sum(1 for each in self.letters if each.redrivable)


async def dead_letters_view(backstage: Backstage, streamer: str) -> DeadLettersView:
    """Those of the streamer; whoever looks after all streamers also sees those that name none."""
    newest = await backstage.backbone.newest_letters.look()
    own = [each for each in newest if belongs(each.letter, streamer, with_strays=backstage.is_operator)]
    return DeadLettersView(len(own), tuple(_letter(listed) for listed in own[:_SHOWN]))


def belongs(letter: DeadLetter, streamer: str, *, with_strays: bool) -> bool:
    """Whether whoever looks after this streamer may see the letter and send it back."""
    named = streamer_of(letter)
    return named == streamer or (with_strays and not named)


def streamer_of(letter: DeadLetter) -> str:
    """The streamer whom the entry names; '' where it names none. At the door that is what the pusher said."""
    return _text(_said(letter), "streamer")


def _letter(listed: Lying) -> Letter:
    letter, said = listed.letter, _said(listed.letter)
    viewer = said.get("viewer")
    client = _text(viewer, "client") if isinstance(viewer, Mapping) else _text(said, "client")
    return Letter(
        id=listed.id,
        stage=letter.stage,
        error=masked(letter.error),
        reason=_short(masked(letter.reason)),
        attempts=letter.attempts,
        failed_at=datetime.fromtimestamp(letter.last_failed_ms / 1000, UTC)
        if letter.last_failed_ms
        else None,
        client=_short(client),
        message=_short(masked_words(_text(said, "message"))),
        is_stray=not streamer_of(letter),
        redrivable=not letter.is_tombstone and bool(letter.stream and letter.raw),
    )


def _said(letter: DeadLetter) -> Mapping[str, Any]:
    """What the entry says: the record in its envelope, or at the door its fields."""
    if letter.stream == PUBLIC_STREAM:
        return {
            name.decode(errors="replace"): value.decode(errors="replace")
            for name, value in letter.raw.items()
        }
    try:
        record = orjson.loads(letter.raw.get(b"d", b""))
    except orjson.JSONDecodeError:
        return {}
    return record if isinstance(record, Mapping) else {}


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
