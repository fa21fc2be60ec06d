"""A recorded show: its script, what was written under it, and the frames that were streamed.

A show is a folder (`recorded` holds the one of `make demo`; its README describes the files). Times are
seconds from the show's start; frames begin before it, so their first times are negative.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from stages.demo.script import Part, Platform, Script, ShowError, Text, content, load_script

FRAME_ORIGIN_SECONDS = 20
"""A frame's file is named after the milliseconds since this long before the show's start."""

Intent = Literal["buy", "question", "feedback", "complaint", "none"]


class ShowComment(Part):
    """A comment that goes through the front door (`POST /comments`).

    `expect` is its intent after the labelling rules; `expect_sku` the product a buy means, None where no product
    is on screen or the comment is no buy.
    """

    at: float
    platform: Platform
    streamer: str
    client: Text
    client_id: Text
    message: Text
    message_id: Text
    expect: Intent
    expect_sku: str | None = None


class PlainComment(Part):
    """A comment without source or signature that is put straight into the comments stream.

    The player sends the fields of `xadd_comment` as text and turns `timestamp_at` into a `timestamp`.
    """

    class Fields(Part):
        """The raw fields, but for the timestamp, which is given in seconds from the show's start."""

        streamer: str
        client: Text
        message: Text
        platform: Platform
        message_id: Text
        timestamp_at: float

    at: float
    xadd_comment: Fields
    expect: Intent
    expect_sku: str | None = None


class Poison(Part):
    """Raw fields for the comments stream that validation must refuse."""

    at: float
    xadd: dict[str, str]


Line = ShowComment | PlainComment | Poison


class Frame(Part):
    """A picture of a streamer's video, taken at `at`."""

    streamer: str
    at: float
    path: Path


class Show(Part):
    """A whole show. `lines` are in the order they were written; `frames` by streamer and time."""

    folder: Path
    script: Script
    lines: tuple[Line, ...]
    frames: tuple[Frame, ...]

    @property
    def comments(self) -> tuple[ShowComment, ...]:
        """What goes through the front door."""
        return tuple(line for line in self.lines if isinstance(line, ShowComment))

    @property
    def poison(self) -> tuple[Poison, ...]:
        """What must end in the dead-letter stream."""
        return tuple(line for line in self.lines if isinstance(line, Poison))

    @property
    def seconds(self) -> float:
        """When the last line was written."""
        return self.lines[-1].at


def frame_name(at: float) -> str:
    """The file name of the frame taken at that second: milliseconds since FRAME_ORIGIN_SECONDS before the start."""
    return f"{round((at + FRAME_ORIGIN_SECONDS) * 1000):06d}.jpg"


def load_show(folder: Path) -> Show:
    """Reads the whole folder. Raises ShowError where a file is missing, wrong or out of order."""
    script = load_script(folder)
    for product in script.products:
        for image in product.images:
            if not (folder / image).is_file():
                raise ShowError(f"{folder / image}, a picture of {product.name}, is missing. {_DRAW_AGAIN}")
    frames = tuple(frame for streamer in script.streamers for frame in _frames(folder, streamer.handle))
    lines = _lines(folder / "comments.jsonl")
    handles = {streamer.handle for streamer in script.streamers}
    for line in lines:
        if isinstance(line, ShowComment) and line.streamer not in handles:
            raise ShowError(
                f"A comment at {line.at} s names the streamer {line.streamer}, who is not listed."
            )
    return Show(folder=folder, script=script, lines=lines, frames=frames)


_DRAW_AGAIN = "Draw the pictures with `python -m stages.demo.draw FOLDER`."


def _frames(folder: Path, handle: str) -> list[Frame]:
    paths = sorted((folder / "frames" / handle).glob("*.jpg"))
    if not paths:
        raise ShowError(f"There are no frames below {folder / 'frames' / handle}. {_DRAW_AGAIN}")
    for path in paths:
        if not path.stem.isdecimal():
            raise ShowError(f"{path} is not named after its milliseconds.")
    return [
        Frame(streamer=handle, at=int(path.stem) / 1000 - FRAME_ORIGIN_SECONDS, path=path) for path in paths
    ]


def _lines(path: Path) -> tuple[Line, ...]:
    reader: TypeAdapter[Line] = TypeAdapter(Line)
    lines: list[Line] = []
    for number, raw in enumerate(content(path).splitlines(), start=1):
        try:
            line = reader.validate_json(raw)
        except ValidationError as error:
            raise ShowError(f"Line {number} of {path} is not a comment: {error}") from error
        if lines and line.at < lines[-1].at:
            raise ShowError(
                f"Line {number} of {path} is earlier than the line before it. Sort the file by `at`."
            )
        lines.append(line)
    if not lines:
        raise ShowError(f"{path} holds no comments.")
    return tuple(lines)
