"""What a replay is asked for, in words and in numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipeline.replay import Span
from stages.replay.failure import BadRequest
from stages.replay.request import parse_span, parse_speed

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("begins", "ends", "hours"),
    [
        ("-2h", "-1h", (2, 1)),
        ("2h", "-1h", (2, 1)),
        ("-1d", "-30m", (24, 0.5)),
        ("2026-01-01T09:00", "2026-01-01T12:00+01:00", (3, 1)),
        ("2026-01-01T09:00Z", "2026-01-01T11:59:59.999", (3, 1 / HOUR)),
        ("2025-12-31", "2026-01-01", (36, 12)),
    ],
)
def test_moments_are_iso_8601_or_so_long_ago(begins: str, ends: str, hours: tuple[float, float]) -> None:
    first, end = (NOW_MS - round(each * HOUR) for each in hours)
    assert parse_span(begins, ends, NOW, open_start=False) == Span(first, end)


def test_up_to_now_is_with_what_came_this_millisecond() -> None:
    assert parse_span("-1h", "now", NOW, open_start=False).end_ms == NOW_MS + 1


def test_nothing_comes_later_than_now() -> None:
    assert parse_span("-1h", "9999-12-31", NOW, open_start=False).end_ms == NOW_MS


def test_only_the_database_has_a_beginning() -> None:
    assert parse_span(None, "now", NOW, open_start=True).first_ms == 0
    with pytest.raises(BadRequest, match="Say with --from"):
        parse_span(None, "now", NOW, open_start=False)


@pytest.mark.parametrize("begins", ["yesterday", "", "-2x", "--2h", "2026-13-01", "-999999w"])
def test_what_is_no_moment_is_named(begins: str) -> None:
    with pytest.raises(BadRequest, match=r"is no moment: write ISO 8601 .* or now"):
        parse_span(begins, "now", NOW, open_start=False)


@pytest.mark.parametrize(("begins", "ends"), [("-1h", "-2h"), ("-1h", "-1h"), ("2027-01-01", "now")])
def test_a_replay_ends_after_it_begins(begins: str, ends: str) -> None:
    with pytest.raises(BadRequest, match="end before it begins"):
        parse_span(begins, ends, NOW, open_start=False)


@pytest.mark.parametrize(("text", "speed"), [("max", None), ("10", 10.0), ("0.5", 0.5)])
def test_speeds(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["fast", "0", "-1", "nan", "inf", ""])
def test_what_is_no_speed_is_named(text: str) -> None:
    with pytest.raises(BadRequest, match="--speed"):
        parse_speed(text)
