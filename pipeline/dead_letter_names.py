"""The dead letter that a person means: by its own id, its comment's, or that of the entry it was."""

from __future__ import annotations

from pipeline.dead_letter import NoSuchDeadLetter
from pipeline.envelope import SEQ, UUID_TEXT
from pipeline.ports import DeadLetters, Lying

_LISTED = 10


async def find_letter(letters: DeadLetters[Lying], name: str) -> Lying:
    """The dead letter with this id; else the only one of this comment, or of this entry. Raises NoSuchDeadLetter, also
    where several are meant, which it lists."""
    try:
        return await letters.find(name)
    except NoSuchDeadLetter:
        # Only what may be another id is worth a walk through all letters.
        if not (UUID_TEXT.fullmatch(name) or SEQ.fullmatch(name)):
            raise
        meant = [
            each async for each in letters.all() if name in (each.letter.comment_id, each.letter.entry_id)
        ]
        if not meant:
            raise
    if len(meant) > 1:
        ids = ", ".join(f"{each.id} ({each.letter.stage})" for each in meant[:_LISTED])
        raise NoSuchDeadLetter(f"{name} has {len(meant)} dead letters; name one of them: {ids}.")
    return meant[0]
