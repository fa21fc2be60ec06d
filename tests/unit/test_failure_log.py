"""What a stage's log says of failed attempts and of what was given up."""

from __future__ import annotations

from typing import Any

import orjson
from structlog.testing import capture_logs

from pipeline.meter import StageMeter
from pipeline.settlement import Counted, Failure, Settled, What

ID = "11111111-2222-5333-8444-555555555555"
TRACE = "00-11111111222253338444555555555555-1111111122225333-01"
DUE_MS = 1_790_000_000_500


def told(*accounts: Counted) -> list[Any]:
    meter = StageMeter("failing", 3, lambda: 2.0)
    with capture_logs() as logs:
        meter.written([Settled("7-0", (), counted=account) for account in accounts])
    return list(logs)


def failed(what: What, reason: str, *, label: str = "OSError", due_ms: int = DUE_MS) -> Counted:
    return Counted(what, label, "7-0", 0, TRACE, Failure(ID, reason, 2, due_ms))


def test_a_failed_attempt_is_a_warning_with_the_comment_the_reason_and_when_it_is_repeated() -> None:
    assert told(failed("retried", "no answer")) == [
        {
            "event": "an attempt failed, and will be repeated", "log_level": "warning", "stage": "failing",
            "partition": 3, "comment_id": ID, "trace": TRACE, "attempt": 2, "error": "OSError",
            "reason": "no answer", "due": "2026-09-21T14:13:20.500+00:00",
        }
    ]  # fmt: skip


def test_a_dead_letter_is_an_error_with_the_comment_and_the_reason() -> None:
    [line] = told(failed("dead-lettered", "never", due_ms=0))
    assert (line["log_level"], line["event"], line["stage"]) == ("error", "dead letter", "failing")
    assert (line["comment_id"], line["attempt"], line["reason"]) == (ID, 2, "never")
    assert "due" not in line


def test_what_waits_for_something_that_is_away_is_told_once_for_a_batch() -> None:
    away = [failed("put off", "nobody answers", due_ms=DUE_MS + more) for more in (7, 0, 9)]
    [line] = told(*away)
    assert (line["count"], line["error"], line["reason"]) == (3, "OSError", "nobody answers")
    assert line["due"] == "2026-09-21T14:13:20.500+00:00"


def test_nothing_is_said_of_what_went_well_or_only_waits_its_turn() -> None:
    assert told(Counted("emitted", "next", "7-0", 0), Counted("put off", "", "7-0", 0)) == []


def test_neither_personal_data_nor_endless_words_nor_what_is_no_text_come_into_the_log() -> None:
    [line] = told(failed("retried", f"call 5550107777 or ana@example.com \udcff {'x' * 9000}"))
    assert "5550107777" not in line["reason"]
    assert "ana@example.com" not in line["reason"]
    assert len(line["reason"]) == 500
    assert orjson.loads(orjson.dumps(line)) == line
