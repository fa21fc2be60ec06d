"""Spans on their way to a real collector, and to one that is away."""

from __future__ import annotations

import time

import pytest
from structlog.testing import capture_logs

from pipeline.embedded.credentials import free_port
from pipeline.settings import RuntimeSettings
from pipeline.span_export import OtlpExport
from pipeline.tracing import Span, tracing
from tests.collector import collecting

SPAN = Span(0xABC, 2, 1, "order", "consumer", 10, 20, {"outcome": "retried"}, "TimeoutError")


def test_spans_arrive_whole_before_the_process_ends() -> None:
    with collecting() as collector:
        export = OtlpExport(collector.url, "host-0")
        export.add(SPAN)
        export.close()
        [span] = collector.spans_of(f"{0xABC:032x}")
    assert collector.senders_of(f"{0xABC:032x}") == {"host-0"}
    assert (span.name, span.start_time_unix_nano, span.end_time_unix_nano) == ("order", 10, 20)
    assert (span.span_id.hex(), span.parent_span_id.hex()) == (f"{2:016x}", f"{1:016x}")
    assert {each.key: each.value.string_value for each in span.attributes} == {"outcome": "retried"}
    assert span.status.message == "TimeoutError"


def test_a_collector_that_is_away_costs_a_line_in_the_log() -> None:
    begun = time.monotonic()
    with capture_logs() as said:
        export = OtlpExport(f"http://127.0.0.1:{free_port()}/v1/traces", "host-0")
        for _ in range(20_000):
            export.add(SPAN)
        added_seconds = time.monotonic() - begun
        export.close()
    assert added_seconds < 5  # nobody waited for the collector
    assert time.monotonic() - begun < 20
    assert [each["log_level"] for each in said] == ["warning"]


def test_without_traces_url_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.span_export.OtlpExport", None)
    with tracing(RuntimeSettings(traces_url="")):
        pass
