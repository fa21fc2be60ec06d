"""One trace follows a comment through all six stages, each a process of its own."""

from __future__ import annotations

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector import Collector
from tests.e2e.shop import Shop, identity, until

STAGES = ("ingest", "intent", "vision", "order", "payment", "notify")
BUY = "OMG I love this jacket! I want to buy it now!"


async def test_a_comments_trace_has_every_hop_with_its_queue_its_handler_and_its_requests(
    shop: Shop, collector: Collector
) -> None:
    fields = shop.fields(BUY)  # by a saved card, whose holder wants WhatsApp messages
    assert (await shop.post(fields)).is_success
    comment = identity(fields)
    await shop.end_of(comment)

    async def all_arrived() -> list[Span]:
        spans = collector.spans_of(comment.hex)
        return spans if {"comment", *STAGES} <= {span.name for span in spans} else []

    spans = await until(all_arrived, "every stage has sent its span")
    [root] = [span for span in spans if span.name == "comment"]
    assert root.parent_span_id == b""
    named = {span.name: span for span in spans}
    for stage in STAGES:
        hop, queue, handler = named[stage], named[f"{stage} queue"], named[f"{stage} handler"]
        assert hop.parent_span_id == queue.parent_span_id == root.span_id
        assert handler.parent_span_id == hop.span_id
        assert hop.start_time_unix_nano <= handler.start_time_unix_nano <= handler.end_time_unix_nano
        assert handler.end_time_unix_nano <= hop.end_time_unix_nano
    begun = [named[stage].start_time_unix_nano for stage in STAGES]
    assert begun == sorted(begun)
    [charge] = [span for span in spans if span.name == "stripe"]
    messages = [span for span in spans if span.name == "twilio"]
    assert charge.parent_span_id == named["payment handler"].span_id
    assert {span.parent_span_id for span in messages} == {named["notify handler"].span_id}
    assert all(not span.status.message for span in spans)
