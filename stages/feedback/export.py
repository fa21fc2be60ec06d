"""`tiktoksales export-training` and `tiktoksales correct`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

import orjson

from schemas.records import Intent
from stages.adapters.database.feedback import Feedback
from stages.feedback.failure import UnknownComment, UnwritableExport
from stages.feedback.rows import Row, confirmed_row, corrected_row, vision_row


@dataclass(frozen=True, slots=True)
class Exported:
    """How many rows were written, and where."""

    texts: int
    pictures: int
    text_file: Path
    vision_file: Path

    def in_words(self) -> str:
        """One line for the terminal."""
        return f"{self.texts} comments in {self.text_file}, {self.pictures} matches in {self.vision_file}"


async def correct_intent(feedback: Feedback, comment_id: UUID, intent: Intent, by: str | None) -> None:
    """Store what the comment's intent really is. Raises UnknownComment."""
    if not await feedback.correct(comment_id, intent, by):
        raise UnknownComment(f"There is no comment {comment_id}. `tiktoksales trace` shows a comment's id.")


async def export_training(feedback: Feedback, since: datetime, file: Path) -> Exported:
    """Write the comments corrected or confirmed since then to `file`, and the matches decided to the file beside it
    with `.vision` before its suffix; both are JSONL and replace what was there. Nothing in them says who wrote:
    see `masked`. Raises UnwritableExport.
    """
    vision_file = file.with_name(f"{file.stem}.vision{file.suffix}")
    try:
        with file.open("wb") as texts, vision_file.open("wb") as pictures:
            counts = await _write(feedback, since, texts, pictures)
    except OSError as error:
        raise UnwritableExport(
            f"The export can't be written to {file}: {error.strerror}. Name a file in a folder that is there."
        ) from error
    return Exported(*counts, file, vision_file)


async def _write(feedback: Feedback, since: datetime, texts: BinaryIO, pictures: BinaryIO) -> tuple[int, int]:
    written = seen = 0
    async for correction in feedback.corrections(since):
        written += _put(texts, corrected_row(correction))
    async for decision in feedback.decisions(since):
        written += _put(texts, confirmed_row(decision))
        seen += _put(pictures, vision_row(decision))
    return written, seen


def _put(file: BinaryIO, row: Row | None) -> int:
    if row is not None:
        file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
    return row is not None
