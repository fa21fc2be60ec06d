"""`tiktoksales connect file`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import run_async
from pipeline.moment import NotAMoment, moment
from stages.connectors.options import MemoryFile, Via
from stages.settings import ShopSettings


def file(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="NDJSON, or .csv with a header.")],
    streamer: Annotated[str | None, typer.Option(help="Only this one's comments.")] = None,
    speed: Annotated[float, typer.Option(help="2 plays twice as fast; inf without any pause.")] = 1.0,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help="Put the show's first moment there: now, an age such as 2h, or ISO 8601. Default: as recorded",
        ),
    ] = None,
    via: Via = None,
    memory: MemoryFile = None,
) -> None:
    """Play a past show's comments, each once: stopped and started again, it goes on where it was. Signed as `file`."""
    from stages.connectors.file.bar import progress_bar
    from stages.connectors.file.recording import read_recording
    from stages.connectors.file.source import FileSource, needs_start
    from stages.connectors.link import Link, run_connector

    if not speed > 0:
        raise typer.BadParameter("--speed is above 0: 1 is the show's own pace, inf is without any pause.")
    recording = read_recording(path, streamer)
    begins = _start("now" if start is None and needs_start(recording) else start)
    with progress_bar(path.name, len(recording.lines)) as advance:
        source = FileSource(recording, begins, speed=speed, advance=advance)
        run_async(run_connector(ShopSettings(), source, Link(via, memory, patient=True)))


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    now = datetime.now(UTC)
    try:
        return now if text == "now" else moment(text, now)
    except NotAMoment as error:
        raise typer.BadParameter(f"--start: {error}") from error
