"""Orders that stand still although their comment has ended: what would have moved them was lost with Redis."""

from __future__ import annotations

from pipeline.decision import partition_of
from pipeline.engines.redis.isolated_run import IsolatedRun
from pipeline.envelope import Envelope, traceparent
from pipeline.ports import DeadLetters, Lying
from pipeline.replay import Span
from schemas.codec import encode
from schemas.records import PaidOrder, PlacedOrder
from stages.adapters.database.history import Past
from stages.notify import KINDS

_STAGES = ("payment", "notify")


class StuckOrders:
    """Feeds such orders to payment or notify. `fed` counts them.

    Orders whose dead letter lies there wait for `dlq redrive`: somebody is to look at those first.
    """

    def __init__(
        self, past: Past, letters: DeadLetters[Lying], streamer: str | None, partitions: int
    ) -> None:
        self._past, self._letters, self._streamer, self._partitions = past, letters, streamer, partitions
        self.fed = 0

    async def feed(self, span: Span, run: IsolatedRun) -> None:
        """Feed those whose comment came within the span."""
        letters = [listed.letter async for listed in self._letters.all()]
        buried = {letter.comment_id for letter in letters if letter.stage in _STAGES}
        async for order in self._past.unfinished_orders(span, self._streamer, KINDS):
            if str(order.comment_id) not in buried:
                await self._feed(order, run)

    async def _feed(self, order: PlacedOrder | PaidOrder, run: IsolatedRun) -> None:
        comment_id = str(order.comment_id)
        envelope = Envelope(
            id=comment_id, seq=order.seq, at="", trace=traceparent(comment_id), hops=b"[]", data=encode(order)
        )
        stage = "payment" if isinstance(order, PlacedOrder) else "notify"
        await run.feed_stage(stage, partition_of(order.streamer, self._partitions), envelope)
        self.fed += 1
