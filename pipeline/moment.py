"""Moments and ages, as people write them on a command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"([0-9]{1,6})([smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class NotAMoment(ValueError):
    """The text names no moment, or no age."""


def age(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `3d` or `1w`. Raises NotAMoment.

    >>> age("36h")
    datetime.timedelta(days=1, seconds=43200)
    """
    match = _AGE.fullmatch(text.strip())
    if match is None:
        raise NotAMoment(f"{text!r} is no age: write 90s, 15m, 2h, 3d or 1w.")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def moment(text: str, now: datetime) -> datetime:
    """An age before `now` (see `age`), or ISO 8601; UTC where it names no zone. Raises NotAMoment.

    >>> moment("2026-01-01", datetime.now(UTC)).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    if _AGE.fullmatch(text.strip()):
        try:
            return now - age(text)
        except OverflowError as error:
            raise NotAMoment(f"{text!r} lies before all time.") from error
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise NotAMoment(
            f"{text!r} is no moment: write an age such as 2h or 3d, or ISO 8601 such as 2026-11-22T18:30+01:00."
        ) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
