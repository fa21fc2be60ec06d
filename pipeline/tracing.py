"""Traces: the spans of a comment, by the traceparent that its envelope carries (W3C Trace Context).

The trace's id is the comment's id. Its root is the span `comment`, from the comment's entry in comments_stream until
the door has let it in; below it stand, for each hop, the wait in the queue and the stage, below the stage its handler,
and below the handler of a single record the requests to providers. Nothing is made where TRACES_URL is not set.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal, Protocol, TypeAlias

from pipeline.decision import Work
from pipeline.settings import RuntimeSettings
from pipeline.settlement import Counted, Settlement

Kind: TypeAlias = Literal["internal", "consumer", "client"]

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_MS = 1_000_000  # nanoseconds
_SHARE_BITS = 56  # of a trace's id that say whether it is among the share (W3C Trace Context, level 2)


@dataclass(frozen=True, slots=True)
class Span:
    """Times in nanoseconds since the epoch. `parent_id` is None for a root; `error` is empty where all went well."""

    trace_id: int
    span_id: int
    parent_id: int | None
    name: str
    kind: Kind
    start_ns: int
    end_ns: int
    attributes: Mapping[str, str] = field(default_factory=dict)
    error: str = ""


class Export(Protocol):
    """Takes spans, and never waits."""

    def add(self, span: Span) -> None:
        """Send it some time soon."""

    def close(self) -> None:
        """Send what there is, within a few seconds."""


@dataclass(frozen=True, slots=True)
class Parent:
    """A span that others stand below."""

    trace_id: int
    span_id: int


_handler: ContextVar[Parent | None] = ContextVar("handler", default=None)


class Tracer:
    """Makes the spans of the `share` (0 to 1) of all comments, the same ones in every process."""

    def __init__(self, export: Export, share: float, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._export, self._clock_ns = export, clock_ns
        self._below = int(share * 2**_SHARE_BITS)

    @contextmanager
    def handling(self, stage: str, works: Sequence[Work]) -> Iterator[None]:
        """Spans of the wait of each work, and of its handler, which runs inside."""
        roots = [self._root(work.envelope.trace) for work in works]
        parents = [root and Parent(root.trace_id, _drawn_id()) for root in roots]
        token = _handler.set(parents[0] if len(parents) == 1 else None)
        begun_ns = self._clock_ns()
        try:
            yield
        finally:
            _handler.reset(token)
            for work, root, handler in zip(works, roots, parents, strict=True):
                if root and handler:
                    self._waited(stage, work, root)
                    above = _stage_id(root, stage, work.received_ms)
                    self._add(handler, above, f"{stage} handler", "internal", begun_ns, self._clock_ns())

    def settled(self, place: tuple[str, str], counted: Counted, *, is_door: bool) -> None:
        """The span of a stage (and its partition), of which an outcome was just written."""
        root = self._root(counted.trace)
        if root is None:
            return
        stage, partition = place
        now_ns, received_ns = self._clock_ns(), counted.received_ms * _MS
        told = {"partition": partition, "outcome": counted.what, "label": counted.label}
        failed = counted.what in ("retried", "put off", "dead-lettered")
        error = (counted.label or counted.what) if failed else ""
        span = Parent(root.trace_id, _stage_id(root, stage, counted.received_ms))
        self._add(span, root.span_id, stage, "consumer", received_ns, now_ns, told, error)
        if is_door and counted.what not in ("retried", "put off"):
            self._add(root, None, "comment", "internal", _written_ns(counted.seq), now_ns)

    def called(self, name: str, seconds: float, error: str) -> None:
        """The span of a request to a provider that has just ended, below the handler that made it."""
        if (handler := _handler.get()) is None:
            return
        end_ns = self._clock_ns()
        span = Parent(handler.trace_id, _drawn_id())
        self._add(span, handler.span_id, name, "client", end_ns - int(seconds * 1e9), end_ns, {}, error)

    def _waited(self, stage: str, work: Work, root: Parent) -> None:
        if work.delivery.deliveries == 1 and not work.delivery.attempts:
            written_ns = _written_ns(work.delivery.entry_id)
            span = Parent(root.trace_id, _drawn_id())
            self._add(span, root.span_id, f"{stage} queue", "internal", written_ns, work.received_ms * _MS)

    def _root(self, trace: str) -> Parent | None:
        found = _TRACEPARENT.fullmatch(trace)
        if not found or not int(found[3], 16) & 1:
            return None
        trace_id, span_id = int(found[1], 16), int(found[2], 16)
        if not (trace_id and span_id) or trace_id % 2**_SHARE_BITS >= self._below:
            return None
        return Parent(trace_id, span_id)

    def _add(
        self,
        span: Parent,
        above: int | None,
        name: str,
        kind: Kind,
        start_ns: int,
        end_ns: int,
        told: Mapping[str, str] | None = None,
        error: str = "",
    ) -> None:
        # Redis makes the entries' ids by its own clock, which may be ahead of this machine's.
        end_ns = max(start_ns, end_ns)
        self._export.add(
            Span(span.trace_id, span.span_id, above, name, kind, start_ns, end_ns, told or {}, error)
        )


_current: Tracer | None = None


def handling(stage: str, works: Sequence[Work]) -> AbstractContextManager[None]:
    """See Tracer.handling."""
    return _current.handling(stage, works) if _current else nullcontext()


def settled(place: tuple[str, str], settlements: Iterable[Settlement], *, is_door: bool) -> None:
    """See Tracer.settled; one without an account is not told of."""
    if _current:
        for settlement in settlements:
            if counted := settlement.counted:
                _current.settled(place, counted, is_door=is_door)


def called(name: str, seconds: float, error: str) -> None:
    """See Tracer.called."""
    if _current:
        _current.called(name, seconds, error)


@contextmanager
def tracing(settings: RuntimeSettings) -> Iterator[None]:
    """Make spans until the block ends, where TRACES_URL says where to; then send the last ones."""
    if not settings.traces_url:
        yield
        return
    from pipeline.span_export import OtlpExport

    export = OtlpExport(settings.traces_url, settings.consumer_name)
    try:
        with tracing_to(Tracer(export, settings.traces_share)):
            yield
    finally:
        export.close()


@contextmanager
def tracing_to(tracer: Tracer) -> Iterator[None]:
    """The same with a tracer of one's own."""
    global _current  # of the process, as the metrics' registry is
    before, _current = _current, tracer
    try:
        yield
    finally:
        _current = before


def _stage_id(root: Parent, stage: str, received_ms: int) -> int:
    # Derived, so that handler and outcome meet below the same span without anything being kept in between.
    name = f"{root.trace_id}/{stage}/{received_ms}".encode()
    return int.from_bytes(blake2b(name, digest_size=8).digest()) or 1


def _drawn_id() -> int:
    return secrets.randbits(64) or 1


def _written_ns(entry_id: str) -> int:
    return int(entry_id.partition("-")[0]) * _MS
