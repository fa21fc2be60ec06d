"""Spans on their way to a collector, by OTLP over HTTP (protobuf)."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import structlog
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from pipeline.tracing import Kind, Span

_TIMEOUT_SECONDS = 3.0
_EVERY_MS, _BATCH, _WAITING = 1000, 512, 8192
_KINDS: dict[Kind, SpanKind] = {
    "internal": SpanKind.INTERNAL,
    "consumer": SpanKind.CONSUMER,
    "client": SpanKind.CLIENT,
}


class OtlpExport:
    """Sends spans to `url` in a thread of its own, about once a second. While the collector is away some thousands
    wait; those beyond are dropped, and the log says once that it is away."""

    def __init__(self, url: str, process: str) -> None:
        self._resource = Resource({"service.name": "tiktoksales", "service.instance.id": process})
        self._exporter = _Patient(url)
        self._processor = BatchSpanProcessor(self._exporter, _WAITING, _EVERY_MS, _BATCH)

    def add(self, span: Span) -> None:
        """Send it some time soon."""
        parent = _context(span.trace_id, span.parent_id) if span.parent_id else None
        failed = Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.UNSET)
        self._processor.on_end(
            ReadableSpan(
                span.name,
                _context(span.trace_id, span.span_id),
                parent,
                self._resource,
                dict(span.attributes),
                kind=_KINDS[span.kind],
                status=failed,
                start_time=span.start_ns,
                end_time=span.end_ns,
            )
        )

    def close(self) -> None:
        """Send what there is; a collector that is away is asked once more."""
        self._exporter.is_last_try = True
        self._processor.shutdown()  # type: ignore[no-untyped-call]


class _Patient(SpanExporter):
    """Says once that the collector is away, and once that it is back."""

    def __init__(self, url: str) -> None:
        self._otlp = OTLPSpanExporter(url, timeout=_TIMEOUT_SECONDS)
        self._log = structlog.get_logger(collector=url)
        self._is_away = self.is_last_try = False
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says so at every batch

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Called in the processor's thread."""
        if self._is_away and self.is_last_try:
            return SpanExportResult.FAILURE
        result = self._otlp.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            self._log.warning("traces can't be sent, and are lost meanwhile: see TRACES_URL")
        elif self._is_away and not is_away:
            self._log.info("traces are sent again")
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        """Closes the connection."""
        self._otlp.shutdown()  # type: ignore[no-untyped-call]


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
