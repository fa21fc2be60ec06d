"""Shadow replay: intent and vision as configured now, over what came in, compared with what was stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from uuid import UUID

from pipeline.execution import execute
from pipeline.replay import History, PastEntry, Span
from pipeline.stage import Drop, Emit, Outcome, Reject, Retry, Stage
from schemas.codec import UnreadableRecord
from schemas.records import Cancellation, ClassifiedComment, Comment
from stages.adapters.database.history import Past, Stored, StoredComments
from stages.ingest import open_comment
from stages.intent import intent_stage
from stages.replay.diff import Comparison, Judged
from stages.replay.live_past import open_past
from stages.replay.request import Request
from stages.replay.selection import is_of
from stages.replay.stand_ins import (
    CatalogOnLoan,
    NotedJudgements,
    NotedMatches,
    UnaskedReviews,
    UnkeptClaims,
)
from stages.replay.stored_door import open_stored
from stages.settings import ShopSettings
from stages.vision import vision_stage
from stages.wiring import Wiring

_BATCH = 64


class ShadowGauge:
    """How far a shadow replay is."""

    def __init__(self) -> None:
        self.comparison = Comparison()
        self.bounds: Span | None = None
        self.position_ms = 0

    @property
    def share_read(self) -> float:
        """How much of the time between the first and the last comment is read, 0 to 1."""
        return self.bounds.share(self.position_ms) if self.bounds else 1.0

    @property
    def begun(self) -> int:
        """Comments that were judged."""
        return self.comparison.comments

    @property
    def done(self) -> int:
        """The same: none is judged beside the others."""
        return self.comparison.comments


Watch = Callable[[ShadowGauge], AbstractContextManager[object]]
"""Shows a gauge while its block lasts."""


async def compare(settings: ShopSettings, request: Request, watch: Watch) -> Comparison:
    """Judge the comments of the request's span, and compare. Charges, orders, sends and writes nothing: the stages
    have stand-ins for their stores, the database refuses changes, and Redis is only read.

    A comment that came twice counts once; retracts and pins are not judged. Raises what Wiring.open raises.
    """
    async with (
        Wiring.open(settings, read_only=True) as wiring,
        open_past(settings, wiring.redis, request.streamer) as live,
    ):
        history: History = (
            StoredComments(wiring.database, request.streamer, ended=True)
            if request.from_database
            else live.history
        )
        reader, judge, past = _Reader(wiring, request), _Judge(wiring), Past(wiring.database)
        gauge = ShadowGauge()
        gauge.bounds = await history.bounds(request.span)
        with watch(gauge):
            async for page in history.pages(request.span):
                comments = reader.comments(page)
                stored = await past.judgements([comment.comment_id for comment in comments])
                await _add(gauge.comparison, reader.new(comments, stored), stored, judge)
                gauge.comparison.unreadable = reader.unreadable
                gauge.position_ms = page[-1].milliseconds
    return gauge.comparison


async def _add(
    comparison: Comparison, comments: Sequence[Comment], stored: dict[UUID, Stored], judge: _Judge
) -> None:
    for start in range(0, len(comments), _BATCH):
        batch = comments[start : start + _BATCH]
        for comment, judged in zip(batch, await judge.judge(batch), strict=True):
            comparison.add(comment, stored.get(comment.comment_id), judged)


class _Reader:
    """Reads entries of the past as the stages' doors do."""

    def __init__(self, wiring: Wiring, request: Request) -> None:
        self._sources, self._request = wiring.sources, request
        self._met: set[UUID] = set()
        self.unreadable = 0

    def comments(self, page: Sequence[PastEntry]) -> list[Comment]:
        """The comments in a page, but retracts and pins."""
        return [comment for entry in page if (comment := self._comment(entry)) and comment.kind == "comment"]

    def new(self, comments: Sequence[Comment], stored: dict[UUID, Stored]) -> list[Comment]:
        """The comments without those that are another's repetition."""
        fresh = []
        for comment in comments:
            known = stored.get(comment.comment_id)
            first = known.seq == comment.seq if known else comment.comment_id not in self._met
            if first:
                fresh.append(comment)
            self._met.add(comment.comment_id)
        return fresh

    def _comment(self, entry: PastEntry) -> Comment | None:
        try:
            if self._request.from_database:
                return open_stored(entry.seq, entry.fields).record
            if not is_of(entry.fields, self._request.streamer):
                return None
            return open_comment(entry.seq, entry.fields, sources=self._sources).record
        except UnreadableRecord:
            self.unreadable += 1
            return None


class _Judge:
    """The stages intent and vision as configured, on stand-ins; each loads its model when it first gets a comment."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._judgements, self._matches = NotedJudgements(), NotedMatches()

    @cached_property
    def _intent(self) -> Stage[Comment]:
        return intent_stage(
            self._wiring.limits("intent", batch_size=_BATCH),
            classifier=self._wiring.classifier,
            store=self._judgements,
            threshold=self._wiring.settings.intent_threshold,
        )

    @cached_property
    def _vision(self) -> Stage[ClassifiedComment]:
        return vision_stage(
            self._wiring.limits("vision"),
            shelves=self._wiring.shelves_of(CatalogOnLoan(self._wiring.catalog)),
            sight=self._wiring.sight,
            matcher=self._wiring.matcher,
            catalog=self._matches,
            unlisted=UnkeptClaims(),
            pins=self._wiring.pins,
            reviews=UnaskedReviews(),
            thresholds=self._wiring.match_thresholds,
        )

    async def judge(self, comments: Sequence[Comment]) -> list[Judged]:
        """What is made of each, in order."""
        self._judgements.kept.clear()
        self._matches.kept.clear()
        outcomes = await execute(self._intent, comments)
        return [
            await self._seen(comment, outcome) for comment, outcome in zip(comments, outcomes, strict=True)
        ]

    async def _seen(self, comment: Comment, outcome: Outcome) -> Judged:
        if isinstance(outcome, Emit) and isinstance(outcome.record, ClassifiedComment):
            [outcome] = await execute(self._vision, [outcome.record])
        end, undecided = _reasons(outcome)
        judgement = self._judgements.kept.get(comment.comment_id)
        match = self._matches.kept.get(comment.comment_id)
        return Judged(
            intent=judgement.intent if judgement else None,
            score=judgement.score if judgement else None,
            product_id=match.product_id if match else None,
            product=match.product_name if match else None,
            match_score=match.score if match else None,
            end=end,
            undecided=undecided,
        )


def _reasons(outcome: Outcome) -> tuple[str, str]:
    """Why it goes no further, and why it is undecided; '' each where that is not so."""
    match outcome:
        case Emit(record=Cancellation()):
            return "cancellation", ""
        case Emit():
            return "", ""
        case Drop(reason=reason):
            return reason, ""
        case Retry(reason=reason) | Reject(reason=reason):
            return "", reason
