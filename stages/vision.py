"""Vision: which product was on screen when the viewer wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from pipeline.stage import Drop, Emit, Limits, Outcome, Stage
from schemas.records import ClassifiedComment, MatchedComment
from stages.adapters.claim import resolve_claim
from stages.adapters.database.catalog import Product
from stages.adapters.hints import LogOdds, Said
from stages.adapters.matcher import FrameDescription, Match, Matcher
from stages.adapters.pins import Pins
from stages.adapters.shelf import Shelf, Shelves
from stages.adapters.sight import Sight
from stages.adapters.slots import Slots

_CANDIDATES = 3


class Matches(Protocol):
    """Where it is kept what a comment meant."""

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        """Keep it, and the frames that say so."""
        ...


class Reviews(Protocol):
    """Where unsure matches wait for somebody who looks at them."""

    async def ask(self, comment_id: UUID, candidates: Sequence[Match], frames: Sequence[str]) -> None:
        """Ask which of the candidates is meant, once for a comment."""
        ...


@dataclass(frozen=True, slots=True)
class Thresholds:
    """A score above `match` makes a claim; one above `review` only, a question to whoever reviews."""

    match: float
    review: float


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What speaks for a product: the frames, the words, and what was pinned."""

    frames: tuple[FrameDescription, ...]
    hints: LogOdds
    said: Said | None

    def match(self, shelf: Shelf, matcher: Matcher) -> Match | None:
        """The product meant. A claim code stands whatever is on screen; other words stand alone without frames only."""
        if self.said and (self.said.by_code or not self.frames):
            return Match(self.said.sku, self.said.score)
        return matcher.match(self.frames, shelf.index, self.hints)

    def candidates(self, shelf: Shelf, matcher: Matcher) -> list[Match]:
        """The products that may be meant."""
        if self.said and not self.frames:
            return [Match(self.said.sku, self.said.score)]
        return matcher.ranked(self.frames, shelf.index, self.hints, limit=_CANDIDATES)


async def see(
    comment: ClassifiedComment,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    pins: Pins,
    reviews: Reviews,
    thresholds: Thresholds,
) -> Outcome:
    """Match the comment, and the frames before it, with the streamer's catalog; only a score above the threshold goes
    on. Without frames, a comment that names a product outright is matched by that (see `Vocabulary.outright`)."""
    shelf = await shelves.of(comment.streamer)
    if shelf is None or not shelf.products:
        return Drop("no catalog")
    seen = await sight.of(comment, shelf.streamer.view_delay_seconds)
    slots = resolve_claim(comment, shelf.vocabulary.codes)
    said = shelf.vocabulary.outright(comment.message, slots.code)
    if not seen and said is None:
        return Drop("no frames")
    pinned = await pins.pinned(comment.streamer, comment.timestamp)
    hints = shelf.vocabulary.log_odds(shelf.index.skus, comment.message, slots.code, pinned)
    evidence = _Evidence(tuple(each.description for each in seen), hints, said)
    match = evidence.match(shelf, matcher)
    if match is None:
        return Drop("no catalog")
    claim = _claim(comment, slots, shelf.products[match.sku], match.score)
    frames = [each.name for each in seen]
    await catalog.store_match(claim, frames)
    note = {"sku": match.sku, "score": round(match.score, 4)}
    if match.score > thresholds.match:
        return Emit(claim, note=note)
    if match.score <= thresholds.review:
        return Drop("no match", note)
    await reviews.ask(comment.comment_id, evidence.candidates(shelf, matcher), frames)
    return Drop("no match", {**note, "review": True})


def vision_stage(
    limits: Limits,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    pins: Pins,
    reviews: Reviews,
    thresholds: Thresholds,
) -> Stage[ClassifiedComment]:
    """The stage that looks at the stream."""
    handler = partial(
        see,
        shelves=shelves,
        sight=sight,
        matcher=matcher,
        catalog=catalog,
        pins=pins,
        reviews=reviews,
        thresholds=thresholds,
    )
    return Stage(
        name="vision",
        consumes=ClassifiedComment,
        emits="order",
        limits=limits,
        one=handler,
        prepare=shelves.fill,
    )


def _claim(comment: ClassifiedComment, slots: Slots, product: Product, score: float) -> MatchedComment:
    return MatchedComment(
        comment_id=comment.comment_id,
        seq=comment.seq,
        streamer=comment.streamer,
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        quantity=slots.quantity or 1,
        variant=slots.variant,
        code=slots.code,
        product_id=product.id,
        product_name=product.name,
        score=score,
        price=product.price,
    )
