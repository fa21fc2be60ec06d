"""A collector of traces on this machine: what is sent to it by OTLP over HTTP."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class Collector:
    """At `url`."""

    url: str
    arrived: list[tuple[str, Span]] = field(default_factory=list)

    def spans_of(self, trace_id: str) -> list[Span]:
        """The spans of a trace (hex), in the order in which they came."""
        return [span for _, span in self.arrived if span.trace_id.hex() == trace_id]

    def senders_of(self, trace_id: str) -> set[str]:
        """The processes that sent them."""
        return {process for process, span in self.arrived if span.trace_id.hex() == trace_id}


@contextmanager
def collecting() -> Iterator[Collector]:
    """Until the block ends."""
    arrived: list[tuple[str, Span]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            for group in ExportTraceServiceRequest.FromString(body).resource_spans:
                told = {each.key: each.value.string_value for each in group.resource.attributes}
                for scope in group.scope_spans:
                    arrived.extend((told["service.instance.id"], span) for span in scope.spans)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Collector(f"http://127.0.0.1:{server.server_address[1]}/v1/traces", arrived)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
