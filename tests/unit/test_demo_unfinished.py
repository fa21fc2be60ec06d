"""What a demo that did not end well says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stages.adapters.database.trail import Totals
from stages.demo.progress import Progress, StageLoad
from stages.demo.unfinished import why_unfinished

NOTHING = StageLoad(0, 0, 0, 1)
TOTALS = Totals(0, 0, 0, 0, 0, ended=38, dropped=0, drops={}, by_intent={}, p50_ms=None, p99_ms=None)
HALF = Progress(40, 0, {"ingest": NOTHING, "vision": StageLoad(1, 0, 2, 1), "projector": NOTHING}, TOTALS)


def logged(process: str) -> str:
    return "\n".join(f"{process} says {number}" for number in range(9))


def test_the_stages_that_have_something_left_are_named_with_the_end_of_their_logs() -> None:
    assert why_unfinished(HALF, None, logged).splitlines()[:5] == [
        "Not every comment reached an end state: 38 of 40 did.",
        "  vision: 1 unread, 0 in hand, 2 to be tried again",
        "    vision.log: vision says 6",
        "    vision.log: vision says 7",
        "    vision.log: vision says 8",
    ]


def test_a_keeper_is_found_in_the_log_that_it_shares_and_a_stage_that_nobody_runs_is_said_to_be() -> None:
    said = why_unfinished(replace(HALF, loads={"projector": StageLoad(4, 0, 0, 0)}), None, logged)
    assert "  projector: 4 unread, 0 in hand, 0 to be tried again; nobody reads\n" in said
    assert "    keepers.log: keepers says 8\n" in said


def test_it_says_where_to_look_on() -> None:
    kept = why_unfinished(HALF, Path(".demo"), logged)
    assert kept.endswith("The logs are in .demo/logs. `. .demo/environment`, then `tiktoksales doctor`.")
    assert "`tiktoksales demo --keep` leaves everything up" in why_unfinished(HALF, None, logged)


def test_where_nothing_waits_it_says_so() -> None:
    said = why_unfinished(replace(HALF, loads={"ingest": NOTHING}), None, logged)
    assert "No stage has anything left to do" in said
