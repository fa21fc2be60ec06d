"""A streamer's catalog as vectors: which product looks most like a crop."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from stages.adapters.catalog_views import catalog_views
from stages.adapters.embedding import Embedder, Vectors
from stages.adapters.resizing import pixels

_NEIGHBOURS = 30  # of the cohort, by which a picture's familiarity is judged


@dataclass(frozen=True, slots=True)
class ProductVectors:
    """What a product looks like: `vectors` (pictures, d), one for each catalog picture.

    The embedding's unit vector and, last, its familiarity taken off (see `described`).
    """

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
        """Product of each row of `vectors` (r, d) with each product's most similar picture: (r, len(self)).

        Between what `as_query` and `describe_product` give, that is the cosine less the picture's familiarity.
        """
        if self._vectors is None:
            return np.zeros((len(vectors), 0), np.float32)
        best: npt.NDArray[np.float32] = np.maximum.reduceat(vectors @ self._vectors.T, self._starts, axis=1)
        return best


def describe_product(sku: str, pictures: Sequence[Image.Image], embedder: Embedder) -> ProductVectors:
    """The product's vectors, one for each catalog picture; the same pictures give the same vectors."""
    prototypes = np.stack([_prototype(picture, embedder) for picture in pictures])
    return ProductVectors(sku, np.column_stack((prototypes, -familiarity(prototypes, embedder.cohort))))


def _prototype(picture: Image.Image, embedder: Embedder) -> Vectors:
    return mean_direction(embedder.embed([pixels(view) for view in catalog_views(picture)]))


def as_query(vectors: Vectors) -> Vectors:
    """Unit vectors (n, d) as what is looked for in an index: (n, d + 1), the last 1."""
    return np.column_stack((vectors, np.ones(len(vectors), np.float32)))


def familiarity(prototypes: Vectors, cohort: Vectors) -> Vectors:
    """How similar each prototype (n, d) is to photos of something else: (n,), 0 without a cohort.

    Some pictures are near to every photo and would win over the right ones: "hubs" of high-dimensional
    spaces. Taking off the mean cosine with the nearest of a cohort levels them (Conneau et al., "Word
    translation without parallel data", 2018, section 2.3).
    """
    if not len(cohort):
        return np.zeros(len(prototypes), np.float32)
    nearest = np.sort(prototypes @ cohort.T, axis=1)[:, -_NEIGHBOURS:]
    return np.asarray(nearest.mean(axis=1), np.float32)


def mean_direction(views: Vectors) -> Vectors:
    """The direction (d,) that views (n, d) have in common. On photos it found more than the views singly."""
    total = views.sum(axis=0)
    return np.asarray(total / np.linalg.norm(total), np.float32)
