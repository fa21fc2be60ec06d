"""Vision: which product was on screen when the viewer wrote."""

from __future__ import annotations

from functools import partial
from typing import Protocol

from pipeline.stage import Drop, Emit, Limits, Outcome, Stage
from schemas.records import ClassifiedComment, MatchedComment
from stages.adapters.matcher import Matcher
from stages.adapters.shelf import Shelves
from stages.adapters.sight import Sight


class Matches(Protocol):
    """Where it is kept what a comment meant."""

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        """Keep it, and the frames that say so."""
        ...


async def see(
    comment: ClassifiedComment,
    *,
    shelves: Shelves,
    sight: Sight,
    matcher: Matcher,
    catalog: Matches,
    threshold: float,
) -> Outcome:
    """Match the frames before the comment with the streamer's catalog; only a score above `threshold` goes on."""
    shelf = await shelves.of(comment.streamer)
    if shelf is None or not shelf.products:
        return Drop("no catalog")
    seen = await sight.of(comment, shelf.streamer.view_delay_seconds)
    if not seen:
        return Drop("no frames")
    match = matcher.match([each.description for each in seen], shelf.index)
    if match is None:
        return Drop("no catalog")
    product = shelf.products[match.sku]
    claim = MatchedComment(
        comment_id=comment.comment_id,
        seq=comment.seq,
        streamer=comment.streamer,
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        quantity=comment.quantity or 1,
        variant=comment.variant,
        code=comment.code,
        product_id=product.id,
        product_name=product.name,
        score=match.score,
        price=product.price,
    )
    await catalog.store_match(claim, [each.name for each in seen])
    note = {"sku": match.sku, "score": round(match.score, 4)}
    return Emit(claim, note=note) if match.score > threshold else Drop("no match", note)


def vision_stage(
    limits: Limits, *, shelves: Shelves, sight: Sight, matcher: Matcher, catalog: Matches, threshold: float
) -> Stage[ClassifiedComment]:
    """The stage that looks at the stream."""
    handler = partial(
        see, shelves=shelves, sight=sight, matcher=matcher, catalog=catalog, threshold=threshold
    )
    return Stage(
        name="vision",
        consumes=ClassifiedComment,
        emits="order",
        limits=limits,
        one=handler,
        prepare=shelves.fill,
    )
