"""A streamer's catalog as vectors: which product looks most like a crop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from stages.adapters.catalog_views import catalog_views
from stages.adapters.embedding import Embedder, Vectors


@dataclass(frozen=True, slots=True)
class ProductVectors:
    """What a product looks like: `vectors` (pictures, d), unit length, one for each catalog picture."""

    sku: str
    vectors: Vectors


class CatalogIndex:
    """The products of one catalog, ready for look-up. Immutable; safe to share between threads.

    Two products may not have the same sku; ValueError names one that does, or that has no vectors.
    """

    def __init__(self, products: Sequence[ProductVectors]) -> None:
        self.skus = tuple(product.sku for product in products)
        for product in products:
            if self.skus.count(product.sku) > 1:
                raise ValueError(
                    f"The catalog lists {product.sku!r} twice. Give each product a sku of its own."
                )
            if not len(product.vectors):
                raise ValueError(f"Product {product.sku!r} has no picture. Give it one, or leave it out.")
        self._vectors = np.concatenate([p.vectors for p in products]) if products else None
        self._starts = np.cumsum([0, *(len(p.vectors) for p in products)])[:-1]

    def __len__(self) -> int:
        return len(self.skus)

    def similarities(self, vectors: Vectors) -> npt.NDArray[np.float32]:
        """Cosine of each row of `vectors` (r, d) with each product's most similar picture: (r, len(self))."""
        if self._vectors is None:
            return np.zeros((len(vectors), 0), np.float32)
        best: npt.NDArray[np.float32] = np.maximum.reduceat(vectors @ self._vectors.T, self._starts, axis=1)
        return best


def describe_product(sku: str, pictures: Sequence[Image.Image], embedder: Embedder) -> ProductVectors:
    """The product's vectors, one for each catalog picture; the same pictures give the same vectors."""
    return ProductVectors(sku, np.stack([_prototype(embedder.embed(catalog_views(p))) for p in pictures]))


def _prototype(views: Vectors) -> Vectors:
    """The direction that the views have in common. On real photos it found more than the views singly."""
    total = views.sum(axis=0)
    return np.asarray(total / np.linalg.norm(total), np.float32)
