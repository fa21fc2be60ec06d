"""A past show's comments in a file: NDJSON (an object a line), or CSV whose first line names the columns."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from schemas.codec import in_words
from schemas.records import Message, Moment, Name
from stages.ingest import DEFAULT_PLATFORM
from stages.mendable import Mendable
from stages.sheets.reading import UnreadableSheet, read_sheet

_DAY = 24 * 3600.0
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


class UnreadableRecording(Mendable):
    """The file is no recording; the message names the line, and what to do."""


def _with_zone(moment: datetime) -> datetime:
    """Without a zone it is UTC."""
    return _MOMENT.validate_python(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


class RecordedLine(BaseModel):
    """A line: who wrote what when. The time is a `timestamp` (ISO 8601 or epoch), or `at`, seconds into the show. Of
    another `kind` than comment, retract or pin, it is left out and counted; columns it does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    timestamp: Annotated[datetime, AfterValidator(_with_zone)] | None = None
    at: Annotated[float, Field(ge=-_DAY, le=7 * _DAY)] | None = None
    streamer: Name | None = None
    platform: Name = DEFAULT_PLATFORM
    client: Name = "host"
    client_id: Name | None = None
    message: Message | None = None
    message_id: Name
    kind: str = "comment"


@dataclass(frozen=True, slots=True)
class Recording:
    """The lines of one streamer, in the file's order. `left_out` counts the lines of others; `digest` stands for the
    file's content."""

    digest: str
    streamer: str
    lines: Sequence[RecordedLine]
    left_out: int


def read_recording(path: Path, streamer: str | None) -> Recording:
    """The recording of `streamer`; without one, of the only one that the file names. A line that names none is of
    whoever is asked for; one without a message_id gets one from the file's content and its place, so that it is the
    same whenever it is played. Raises UnreadableRecording."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableRecording(f"{path} can't be read: {error.strerror}.") from error
    digest = hashlib.sha256(raw).hexdigest()[:16]
    lines = [_line(path, number, given, digest) for number, given in _given(path, raw)]
    whose = streamer or _only_streamer(path, lines)
    own = [line for line in lines if line.streamer in (None, whose)]
    if not own:
        raise UnreadableRecording(f"{path} holds no comment under {whose!r}: see --streamer.")
    return Recording(digest, whose, own, len(lines) - len(own))


def _given(path: Path, raw: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The number of each line and what it holds."""
    if path.suffix.lower() == ".csv":
        try:
            rows = read_sheet(raw)
        except UnreadableSheet as error:
            raise UnreadableRecording(f"{path}: {error}") from error
        yield from ((row.line, {name: cell for name, cell in row.cells.items() if cell}) for row in rows)
        return
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if line.strip():
            yield number, _object(path, number, line)


def _object(path: Path, number: int, line: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecording(
            f"{path}, line {number}: this is not JSON ({error}). A recording holds a JSON object a line, or is a .csv."
        ) from error
    if not isinstance(found, dict):
        raise UnreadableRecording(f"{path}, line {number}: this is no JSON object.")
    return found


def _line(path: Path, number: int, given: Mapping[str, Any], digest: str) -> RecordedLine:
    try:
        line = RecordedLine.model_validate({"message_id": f"{digest}-{number}", **given})
    except ValidationError as error:
        raise UnreadableRecording(f"{path}, line {number}: {in_words(error)}") from error
    if line.timestamp is None and line.at is None:
        raise UnreadableRecording(f"{path}, line {number}: it needs a timestamp, or `at` (seconds).")
    if line.kind == "comment" and (line.message is None or "client" not in given):
        raise UnreadableRecording(f"{path}, line {number}: a comment needs a client and a message.")
    return line


def _only_streamer(path: Path, lines: Sequence[RecordedLine]) -> str:
    named = sorted({line.streamer for line in lines if line.streamer})
    if len(named) != 1:
        hint = f"it names {', '.join(named)}" if named else "it names none"
        raise UnreadableRecording(f"Say whose comments {path} holds, by --streamer: {hint}.")
    return named[0]
