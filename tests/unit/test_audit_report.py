"""What `audit` prints."""

from __future__ import annotations

from datetime import date

import pytest
import typer
from rich.console import Console

from stages.audit.cli import _day
from stages.audit.finding import KINDS, MISSING_IN_DATABASE, Audit
from stages.audit.report import as_table


def printed(audit: Audit) -> str:
    console = Console(width=240)
    with console.capture() as said:
        console.print(as_table(audit))
    return said.get()


def test_each_kind_of_difference_is_shown_with_where_and_what_it_means() -> None:
    audit = Audit("2026-11-22", has_archive=True)
    for number, kind in enumerate(KINDS):
        audit.differences[kind].add(f"17000000000{number}-0")
    text = printed(audit)
    assert all(f"17000000000{number}-0" in text for number in range(len(KINDS)))
    assert "They do not agree." in text


def test_a_long_list_is_cut_and_counted() -> None:
    audit = Audit("2026-11-22", has_archive=False)
    for number in range(1000):
        audit.differences[MISSING_IN_DATABASE].add(f"{number}-0")
    assert "... 990 more" in printed(audit)
    assert "no archive" in printed(audit)
    found = audit.as_json()["differences"][MISSING_IN_DATABASE]
    assert (found["count"], len(found["where"])) == (1000, 100)


def test_days_are_named_or_dates() -> None:
    today = date(2026, 3, 1)
    assert [_day(text, today) for text in ("today", "yesterday", "2026-01-31")] == [
        today,
        date(2026, 2, 28),
        date(2026, 1, 31),
    ]
    with pytest.raises(typer.BadParameter, match="no day"):
        _day("soon", today)
