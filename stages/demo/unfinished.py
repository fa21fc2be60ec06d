"""Says of a demo that did not end well where its comments stand, and where to look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from stages.demo.house import KEEPERS
from stages.demo.progress import Progress, StageLoad

_LAST_LINES = 3  # of a log: what failed is said last


def why_unfinished(progress: Progress, kept: Path | None, log_tail: Callable[[str], str]) -> str:
    """The stages with what waits there, and the last that each has logged; then what else to ask. `kept` is the folder
    of a house that stays up; of another one `log_tail` must still be there to be read."""
    stuck = {
        stage: load
        for stage, load in progress.loads.items()
        if load.waiting or load.in_hand or load.retrying or not load.consumers
    }
    lines = [
        f"Not every comment reached an end state: {progress.totals.ended} of {progress.comments} did.",
        *(line for stage, load in stuck.items() for line in _of_stage(stage, load, log_tail)),
    ]
    if not stuck:
        lines.append("  No stage has anything left to do: some stage finishes comments without an end state.")
    if kept:
        lines.append(
            f"The logs are in {kept / 'logs'}. `. {kept / 'environment'}`, then `tiktoksales doctor`."
        )
    else:
        lines.append(
            "`tiktoksales demo --keep` leaves everything up: then `. .demo/environment`, `tiktoksales doctor`, and the "
            "logs in .demo/logs."
        )
    return "\n".join(lines)


def _of_stage(stage: str, load: StageLoad, log_tail: Callable[[str], str]) -> Iterator[str]:
    counts = f"{load.waiting} unread, {load.in_hand} in hand, {load.retrying} to be tried again"
    yield f"  {stage}: {counts}{'' if load.consumers else '; nobody reads'}"
    process = "keepers" if stage in KEEPERS else stage
    for line in log_tail(process).splitlines()[-_LAST_LINES:]:
        yield f"    {process}.log: {line}"
