"""The stretch of time that the figures count."""

from __future__ import annotations

from datetime import datetime, timedelta

HOURS = 12
"""An evening's show, with what came before and after it."""


def begin(now: datetime) -> datetime:
    """Since when the figures count; to the minute, so that they change with what happens and not with the time."""
    return (now - timedelta(hours=HOURS)).replace(second=0, microsecond=0)
