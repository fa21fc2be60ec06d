"""What a streamer sells, ready to be recognised."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import structlog

from stages.adapters.catalog_index import CatalogIndex, ProductVectors
from stages.adapters.database.catalog import Product, Streamer, Vectors
from stages.adapters.frames import BadFrame, decode_frame
from stages.adapters.hints import Called, Vocabulary
from stages.adapters.matcher import Matcher

# Catalogs are read again every few seconds, and rarely say anything new.
_vocabulary = lru_cache(maxsize=256)(Vocabulary)


class Listings(Protocol):
    """What streamers sell: `stages.adapters.database.catalog.Catalog` in the product."""

    async def handles(self) -> list[str]:
        """The handles of all streamers."""
        ...

    async def streamer(self, handle: str) -> Streamer | None:
        """The streamer; None where nobody registered the handle."""
        ...

    async def products(self, streamer: str, model: str) -> list[Product]:
        """The streamer's products, with the embeddings that `model` made of their present pictures."""
        ...

    async def store_embedding(self, product: Product, model: str, vectors: Vectors) -> None:
        """Keep the embeddings of the product's pictures."""
        ...


class Pictures(Protocol):
    """Where the catalog's pictures lie."""

    async def read(self, path: str) -> bytes:
        """The picture's bytes. Raises BadFrame where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """A streamer's products by sku, the index that finds them in frames, and the words that name them.

    The index lacks products without pictures; the vocabulary has all.
    """

    streamer: Streamer
    products: Mapping[str, Product]
    index: CatalogIndex
    vocabulary: Vocabulary


class Shelves:
    """The shelves of all streamers, kept for `fresh_seconds`; `model` names the embedding that makes the vectors.

    A product's pictures are embedded once and kept in the database, until they change.
    """

    def __init__(
        self,
        catalog: Listings,
        pictures: Pictures,
        matcher: Matcher,
        *,
        model: str,
        clock: Callable[[], float],
        fresh_seconds: float = 5.0,
    ) -> None:
        self._catalog, self._pictures, self._matcher, self._model = catalog, pictures, matcher, model
        self._clock, self._fresh_seconds = clock, fresh_seconds
        self._kept: dict[str, tuple[float, Shelf | None]] = {}
        self._loading = asyncio.Lock()
        self._log = structlog.get_logger()

    async def fill(self) -> None:
        """Make the shelves of all streamers, so that the first comment need not wait for pictures to be embedded."""
        for handle in await self._catalog.handles():
            await self.of(handle)

    async def of(self, handle: str) -> Shelf | None:
        """The shelf of a streamer; None where nobody registered the handle."""
        async with self._loading:
            made, shelf = self._kept.get(handle, (float("-inf"), None))
            if self._clock() - made >= self._fresh_seconds:
                shelf = await self._load(handle)
                self._kept[handle] = self._clock(), shelf
            return shelf

    async def _load(self, handle: str) -> Shelf | None:
        streamer = await self._catalog.streamer(handle)
        if streamer is None:
            return None
        products = await self._catalog.products(handle, self._model)
        described = [vectors for product in products if (vectors := await self._vectors(product))]
        return Shelf(
            streamer,
            {product.sku: product for product in products},
            CatalogIndex(described),
            _vocabulary(tuple(_called(product) for product in products)),
        )

    async def _vectors(self, product: Product) -> ProductVectors | None:
        if product.vectors is not None:
            return ProductVectors(product.sku, product.vectors)
        pictures = await self._read(product.images)
        if not pictures:
            self._log.warning("a product without pictures can't be recognised", sku=product.sku)
            return None
        vectors = await asyncio.to_thread(self._describe, product.sku, pictures)
        await self._catalog.store_embedding(product, self._model, vectors.vectors)
        return vectors

    async def _read(self, paths: Sequence[str]) -> list[tuple[str, bytes]]:
        found = []
        for path in paths:
            try:
                found.append((path, await self._pictures.read(path)))
            except BadFrame as error:
                self._log.warning("a catalog picture is missing", path=path, error=str(error))
        return found

    def _describe(self, sku: str, pictures: Sequence[tuple[str, bytes]]) -> ProductVectors:
        return self._matcher.describe_product(sku, [decode_frame(data, path) for path, data in pictures])


def _called(product: Product) -> Called:
    """What a comment may call it; a variant's claim code means the product too."""
    codes = [variant.code for variant in product.variants if variant.code]
    return Called(product.sku, product.name, (*product.aliases, *codes))
