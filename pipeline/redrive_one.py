"""One dead letter on its way back: what every engine says of it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.envelope import UUID_TEXT
from pipeline.ports import Lying


class NotRedrivable(Exception):
    """This dead letter can't be sent back; the message says why, and what helps."""


@dataclass(frozen=True, slots=True)
class Redriven:
    """The entry that its stage is given now. `anew`: it is a new one in the public stream, whose old entry was gone;
    without a platform's message id it is another comment than the one that failed."""

    entry_id: str
    anew: bool


def traced_as(listed: Lying, redriven: Redriven) -> str:
    """What the comment of a letter that was sent back is found under: its id, or where that may be another one now, its
    new entry's."""
    comment_id = listed.letter.comment_id
    return redriven.entry_id if redriven.anew or not UUID_TEXT.fullmatch(comment_id) else comment_id


def require_redrivable(listed: Lying) -> None:
    """Raises NotRedrivable."""
    letter = listed.letter
    if letter.is_tombstone:
        raise NotRedrivable(
            f"The dead letter {listed.id} is a tombstone: its entry was removed from {letter.stream} before it was "
            "settled, so there is nothing to send back. `tiktoksales replay --from-database` feeds the stored "
            "comments that have no end state."
        )
    if not (letter.stream and letter.raw):
        raise NotRedrivable(f"The dead letter {listed.id} holds no entry of a stream: no stage wrote it.")
