"""Where intent and vision write in a shadow replay: into memory, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from schemas.records import ClassifiedComment, MatchedComment
from stages.adapters.database.catalog import Catalog, Product, Streamer, Vectors
from stages.adapters.matcher import Match


class NotedJudgements:
    """Keeps the last batch's judgements by comment."""

    def __init__(self) -> None:
        self.kept: dict[UUID, ClassifiedComment] = {}

    async def classify(self, comments: Sequence[ClassifiedComment]) -> None:
        """Keep them."""
        self.kept.update((comment.comment_id, comment) for comment in comments)


class NotedMatches:
    """Keeps matches by comment."""

    def __init__(self) -> None:
        self.kept: dict[UUID, MatchedComment] = {}

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        """Keep the match; the frames are of no interest."""
        self.kept[match.comment_id] = match


class UnkeptClaims:
    """Has no claim wait for what is not listed."""

    async def keep(self, claim: ClassifiedComment, code: str) -> bool:
        """As if it waited."""
        return True


class UnaskedReviews:
    """Asks nobody."""

    async def ask(self, comment_id: UUID, candidates: Sequence[Match], frames: Sequence[str]) -> None:
        """Leave it."""


class CatalogOnLoan:
    """The catalog, with the embeddings of a new model kept beside it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._vectors: dict[tuple[UUID, str, tuple[str, ...]], Vectors] = {}

    async def handles(self) -> list[str]:
        """The handles of all streamers."""
        return await self._catalog.handles()

    async def streamer(self, handle: str) -> Streamer | None:
        """The streamer, or None where nobody registered this handle."""
        return await self._catalog.streamer(handle)

    async def products(self, streamer: str, model: str) -> list[Product]:
        """The streamer's products, with the embeddings stored or made meanwhile."""
        return [
            product
            if product.vectors is not None
            else replace(product, vectors=self._vectors.get((product.id, model, product.images)))
            for product in await self._catalog.products(streamer, model)
        ]

    async def store_embedding(self, product: Product, model: str, vectors: Vectors) -> None:
        """Keep the embeddings of the product's pictures."""
        self._vectors[product.id, model, product.images] = vectors
