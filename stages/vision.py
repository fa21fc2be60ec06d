"""Vision: which product was on screen when the viewer wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol
from uuid import UUID

from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import ClassifiedComment, MatchedComment
from stages.adapters.claim import resolve_claim
from stages.adapters.database.catalog import Product, ShelfVariant
from stages.adapters.matcher import Match, Matcher
from stages.adapters.pins import Pins
from stages.adapters.shelf import Shelves
from stages.adapters.sight import Sight
from stages.adapters.slots import Slots
from stages.adapters.variant_choice import VariantUnclear, choose_variant, unlisted_code
from stages.looking import look

_SHELF_SECONDS = 1.0


class Matches(Protocol):
    """Where it is kept what a comment meant."""

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        """Keep it, and the frames that say so."""
        ...


class Unlisted(Protocol):
    """Where claims wait for a product that the host has not added yet."""

    async def keep(self, claim: ClassifiedComment, code: str) -> bool:
        """Have the claim wait; False where a product has the code by now."""
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


async def see(
    comment: ClassifiedComment,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    unlisted: Unlisted,
    pins: Pins,
    reviews: Reviews,
    thresholds: Thresholds,
) -> Outcome:
    """Match the comment, and the frames before it, with the streamer's catalog; only a score above the threshold goes
    on. Without frames, a comment that names a product outright is matched by that (see `Vocabulary.outright`)."""
    shelf = await shelves.of(comment.streamer)
    if shelf is None:
        return Drop("no catalog")
    if (code := unlisted_code(comment.code, shelf.products.values())) is not None:
        return await _wait(comment, code, unlisted)
    if not shelf.products:
        return Drop("no catalog")
    slots = resolve_claim(comment, shelf.vocabulary.codes)
    found = await look(comment, comment.message, slots.code, shelf=shelf, sight=sight, pins=pins)
    if found is None:
        return Drop("no frames")
    match = found.match(shelf, matcher)
    if match is None:
        return Drop("no catalog")
    product = shelf.products[match.sku]
    variant = choose_variant(comment.message, product.variants)
    claim = _claim(
        comment, slots, product, variant if isinstance(variant, ShelfVariant) else None, match.score
    )
    await catalog.store_match(claim, found.names)
    note = {"sku": match.sku, "score": round(match.score, 4)}
    if match.score > thresholds.match:
        if isinstance(variant, VariantUnclear):
            return Drop("variant needed", {**note, "variant": variant.named})
        return Emit(claim, note=note)
    if match.score <= thresholds.review:
        return Drop("no match", note)
    await reviews.ask(comment.comment_id, found.candidates(shelf, matcher), found.names)
    return Drop("no match", {**note, "review": True})


def vision_stage(
    limits: Limits,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    unlisted: Unlisted,
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
        unlisted=unlisted,
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


async def _wait(comment: ClassifiedComment, code: str, unlisted: Unlisted) -> Outcome:
    """A claim on what is not there yet waits in the database; what is on screen meanwhile is something else."""
    if await unlisted.keep(comment, code):
        return Drop("not listed yet", {"code": code})
    return Retry("its product was added since the catalog was read", after=_SHELF_SECONDS, counts=False)


def _claim(
    comment: ClassifiedComment, slots: Slots, product: Product, variant: ShelfVariant | None, score: float
) -> MatchedComment:
    return MatchedComment(
        comment_id=comment.comment_id,
        seq=comment.seq,
        streamer=comment.streamer,
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        quantity=slots.quantity or 1,
        variant=variant.name if variant else slots.variant,
        variant_id=variant.id if variant else None,
        code=slots.code,
        product_id=product.id,
        product_name=product.name,
        score=score,
        price=(variant and variant.price) or product.price,
    )
