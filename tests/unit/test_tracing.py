"""The spans of a comment: what stands below what, and what is not traced."""

from __future__ import annotations

import pytest

from pipeline import tracing
from pipeline.decision import Work
from pipeline.envelope import Envelope, traceparent
from pipeline.settlement import Counted, Delivery, Settled, What
from pipeline.tracing import Span, Tracer, tracing_to
from schemas.records import Record

COMMENT = "12345678-1234-5678-9abc-def012345678"
TRACE = int(COMMENT.replace("-", ""), 16)
ROOT = int(COMMENT.replace("-", "")[:16], 16)
MS = 1_000_000


class Kept:
    def __init__(self) -> None:
        self.spans: list[Span] = []

    def add(self, span: Span) -> None:
        self.spans.append(span)

    def close(self) -> None:
        """Nothing is sent."""

    def named(self, name: str) -> Span:
        [span] = [each for each in self.spans if each.name == name]
        return span


def work(
    comment: str = COMMENT, *, trace: str | None = None, received_ms: int = 50, attempts: int = 0
) -> Work:
    given = traceparent(comment) if trace is None else trace
    envelope = Envelope(id=comment, seq="10-0", at="", trace=given, hops=b"[]", data=b"")
    return Work(Delivery("40-0", {}, attempts), envelope, Record(), 0, received_ms)


def counted(what: What, trace: str | None = None) -> Counted:
    return Counted(what, "label", "10-0", 50, traceparent(COMMENT) if trace is None else trace)


def traced(kept: Kept, share: float = 1.0) -> Tracer:
    return Tracer(kept, share, clock_ns=lambda: 100 * MS)


def test_queue_and_stage_stand_below_the_comment_and_the_handler_below_the_stage() -> None:
    kept = Kept()
    tracer = traced(kept)
    with tracing_to(tracer), tracing.handling("payment", [work()]):
        tracing.called("stripe", 0.01, "timeout")
    tracer.settled(("payment", "3"), counted("emitted"), is_door=False)
    queue, stage = kept.named("payment queue"), kept.named("payment")
    handler, call = kept.named("payment handler"), kept.named("stripe")
    assert {span.trace_id for span in kept.spans} == {TRACE}
    assert (queue.parent_id, stage.parent_id) == (ROOT, ROOT)
    assert (handler.parent_id, call.parent_id) == (stage.span_id, handler.span_id)
    assert (queue.start_ns, queue.end_ns) == (40 * MS, 50 * MS)
    assert (stage.start_ns, stage.end_ns) == (50 * MS, 100 * MS)
    assert stage.attributes == {"partition": "3", "outcome": "emitted", "label": "label"}
    assert (call.end_ns - call.start_ns, call.error, stage.error) == (10 * MS, "timeout", "")


def test_the_root_is_the_comments_way_through_the_door() -> None:
    kept = Kept()
    traced(kept).settled(("ingest", "0"), counted("emitted"), is_door=True)
    root = kept.named("comment")
    assert (root.span_id, root.parent_id, root.start_ns) == (ROOT, None, 10 * MS)


def test_each_attempt_is_a_span_and_only_the_first_waited_in_the_queue() -> None:
    kept = Kept()
    tracer = traced(kept)
    for attempt, (received_ms, what) in enumerate([(50, "retried"), (70, "done")]):
        with tracer.handling("order", [work(received_ms=received_ms, attempts=attempt)]):
            pass
        told = Counted(what, "", "10-0", received_ms, traceparent(COMMENT))  # type: ignore[arg-type]
        tracer.settled(("order", "0"), told, is_door=False)
    stages = [span for span in kept.spans if span.name == "order"]
    assert [span.error for span in stages] == ["retried", ""]
    assert len({span.span_id for span in stages}) == 2
    kept.named("order queue")


def test_in_a_batch_a_request_is_of_no_single_comment() -> None:
    kept = Kept()
    other = COMMENT.replace("1234", "4321")
    with tracing_to(traced(kept)), tracing.handling("intent", [work(), work(other)]):
        tracing.called("somebody", 0.01, "")
    assert len({span.trace_id for span in kept.spans if span.name == "intent handler"}) == 2
    assert "somebody" not in {span.name for span in kept.spans}


@pytest.mark.parametrize(
    "trace", ["", "nonsense", f"00-{'0' * 32}-{'1' * 16}-01", traceparent(COMMENT)[:-1] + "0"]
)
def test_what_carries_no_good_trace_or_is_not_sampled_is_not_traced(trace: str) -> None:
    kept = Kept()
    tracer = traced(kept)
    with tracer.handling("order", [work(trace=trace)]):
        pass
    tracer.settled(("order", "0"), counted("done", trace), is_door=False)
    assert kept.spans == []


def test_a_share_of_the_comments_is_traced_by_their_ids() -> None:
    kept = Kept()
    tracer = traced(kept, share=0.25)
    for number in range(256):
        comment = f"12345678-1234-5678-9a{number:02x}-def012345678"
        tracer.settled(("order", "0"), counted("done", traceparent(comment)), is_door=False)
    assert 40 < len(kept.spans) < 90
    assert len(kept.spans) == sum(span.trace_id % 2**56 < 2**54 for span in kept.spans)


def test_nothing_is_made_where_nobody_asked_for_traces() -> None:
    with tracing.handling("order", [work()]):
        tracing.called("stripe", 0.01, "")
    tracing.settled(("order", "0"), [Settled("40-0", (), counted=counted("done"))], is_door=False)
