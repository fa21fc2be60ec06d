"""What a replay is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.moment import NotAMoment, moment
from pipeline.replay import Span
from stages.replay.failure import BadRequest

NOW = "now"


@dataclass(frozen=True, slots=True)
class Request:
    """Comments that Redis took within `span`, of one streamer (None: of all), fed `speed` times as fast as they came
    (None: as fast as they are worked on), from the database or from the public stream."""

    span: Span
    streamer: str | None = None
    speed: float | None = None
    from_database: bool = False


def parse_span(begins: str | None, ends: str, now: datetime, *, open_start: bool) -> Span:
    """From `begins` (left out: from the beginning, where that is allowed) up to, but without, `ends`; up to `now` it
    is with what came in this very millisecond. Raises BadRequest."""
    if begins is None and not open_start:
        raise BadRequest("Say with --from where the replay begins, e.g. --from -2h.")
    first_ms = 0 if begins is None else _milliseconds(_moment(begins, now))
    end_ms = min(_milliseconds(_moment(ends, now)), _milliseconds(now))  # nothing came later than now
    end_ms += ends.strip() == NOW
    if first_ms >= end_ms:
        raise BadRequest(
            "The replay would end before it begins: --from must lie before --to, and before now."
        )
    return Span(first_ms, end_ms)


def parse_speed(text: str) -> float | None:
    """How many times as fast as the original; None for `max`. Raises BadRequest."""
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0.01 <= speed <= 10_000:
        raise BadRequest(
            f"--speed {text} is none: write how many times as fast as it came (0.01 to 10000), or max."
        )
    return speed


def _moment(text: str, now: datetime) -> datetime:
    if text.strip() == NOW:
        return now
    try:
        return moment(text.strip().removeprefix("-"), now)  # -2h and 2h are both two hours before now
    except NotAMoment as error:
        raise BadRequest(
            f"{text!r} is no moment: write ISO 8601 such as 2026-11-22T18:30+01:00 (UTC where it names no zone), a "
            "time before now such as -2h or -3d, or now."
        ) from error


def _milliseconds(moment: datetime) -> int:
    return max(0, int(moment.timestamp() * 1000))
