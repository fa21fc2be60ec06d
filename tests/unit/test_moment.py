"""Moments and ages as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.moment import NotAMoment, age, moment

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2h", "2026-03-10T10:00:00+00:00"),
        (" 3d ", "2026-03-07T12:00:00+00:00"),
        ("0s", "2026-03-10T12:00:00+00:00"),
        ("1w", "2026-03-03T12:00:00+00:00"),
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T18:30", "2026-03-01T18:30:00+00:00"),
        ("2026-03-01T18:30:00Z", "2026-03-01T18:30:00+00:00"),
        ("2026-03-01T18:30+01:00", "2026-03-01T18:30:00+01:00"),
    ],
)
def test_a_moment_is_an_age_or_iso_8601(text: str, found: str) -> None:
    assert moment(text, NOW).isoformat() == found


@pytest.mark.parametrize("text", ["", "yesterday", "2", "-2h", "2 h", "h", "999999w", "2026-13-01", "१h"])
def test_what_names_no_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(NotAMoment, match=r"write an age|before all time"):
        moment(text, NOW)


def test_an_age_has_a_number_and_a_unit() -> None:
    assert age("15m") == timedelta(minutes=15)
    with pytest.raises(NotAMoment, match="write 90s"):
        age("2026-03-01")
