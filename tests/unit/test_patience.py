"""The waits after Redis broke off rise up to a limit, and begin anew once it answers."""

from __future__ import annotations

import structlog
from structlog.testing import capture_logs

from pipeline.engines.redis.patience import Patience


def test_waits_rise_to_a_limit_and_begin_anew_once_redis_answers() -> None:
    patience = Patience(structlog.get_logger(), lambda: 1.0)
    waits = [patience.after(OSError()) for _ in range(7)]
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
    patience.is_served()
    assert patience.after(OSError()) == 0.1


def test_what_broke_off_is_said() -> None:
    with capture_logs() as logs:
        Patience(structlog.get_logger(), lambda: 0.5).after(OSError("connection reset"))
    [line] = logs
    assert (line["event"], line["error"], line["seconds"]) == (
        "Redis broke off; trying again", "connection reset", 0.05,
    )  # fmt: skip
