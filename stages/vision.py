"""Vision: which product was on screen when the viewer wrote."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from pipeline.stage import Drop, Emit, Limits, Outcome, Retry, Stage
from schemas.records import ClassifiedComment, MatchedComment
from stages.adapters.database.catalog import Product, ShelfVariant
from stages.adapters.matcher import Matcher
from stages.adapters.shelf import Shelves
from stages.adapters.sight import Sight
from stages.adapters.variant_choice import VariantUnclear, choose_variant, unlisted_code

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


async def see(
    comment: ClassifiedComment,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    unlisted: Unlisted,
    threshold: float,
) -> Outcome:
    """Match the frames before the comment with the streamer's catalog; only a score above `threshold` goes on."""
    shelf = await shelves.of(comment.streamer)
    if shelf is None:
        return Drop("no catalog")
    if (code := unlisted_code(comment.code, shelf.products.values())) is not None:
        return await _wait(comment, code, unlisted)
    if not shelf.products:
        return Drop("no catalog")
    seen = await sight.of(comment, shelf.streamer.view_delay_seconds)
    if not seen:
        return Drop("no frames")
    match = matcher.match([each.description for each in seen], shelf.index)
    if match is None:
        return Drop("no catalog")
    product = shelf.products[match.sku]
    variant = choose_variant(comment.message, product.variants)
    claim = _claim(comment, product, variant if isinstance(variant, ShelfVariant) else None, match.score)
    await catalog.store_match(claim, [each.name for each in seen])
    note = {"sku": match.sku, "score": round(match.score, 4)}
    if match.score <= threshold:
        return Drop("no match", note)
    if isinstance(variant, VariantUnclear):
        return Drop("variant needed", {**note, "variant": variant.named})
    return Emit(claim, note=note)


def vision_stage(
    limits: Limits,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    unlisted: Unlisted,
    threshold: float,
) -> Stage[ClassifiedComment]:
    """The stage that looks at the stream."""
    handler = partial(
        see,
        shelves=shelves,
        sight=sight,
        matcher=matcher,
        catalog=catalog,
        unlisted=unlisted,
        threshold=threshold,
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
    comment: ClassifiedComment, product: Product, variant: ShelfVariant | None, score: float
) -> MatchedComment:
    return MatchedComment(
        comment_id=comment.comment_id,
        seq=comment.seq,
        streamer=comment.streamer,
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        quantity=comment.quantity or 1,
        variant=variant.name if variant else comment.variant,
        variant_id=variant.id if variant else None,
        code=comment.code,
        product_id=product.id,
        product_name=product.name,
        score=score,
        price=(variant and variant.price) or product.price,
    )
