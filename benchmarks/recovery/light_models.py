"""Light, deterministic stand-ins for the models: they are not what is tested, and would only take the time.

A comment is a buy where it says `buy`, and means the product whose sku (`P-07`) it names.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PIL import Image

from schemas.records import Comment, Intent
from stages.adapters.catalog_index import CatalogIndex, ProductVectors
from stages.adapters.classifier import Classifier, Judgement
from stages.adapters.embedding import Vectors
from stages.adapters.hints import LogOdds
from stages.adapters.matcher import FrameDescription, Match, Matcher
from stages.adapters.shelf import Shelves
from stages.adapters.sight import Scene, Seen, Sight
from stages.wiring import Wiring

MODEL = "light"
_DIMENSIONS = 100
_SKU = re.compile(r"\bP-(\d\d)\b")
_WORDS: dict[str, Intent] = {"buy": "buy", "?": "question", "broken": "complaint", "love": "feedback"}


def vectors_of(sku: str) -> Vectors:
    """What the light matcher sees in the product's one picture."""
    return np.eye(_DIMENSIONS, dtype=np.float32)[[int(sku.removeprefix("P-"))]]


class LightClassifier:
    """Judges by a word."""

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order."""
        return [
            Judgement(next((i for word, i in _WORDS.items() if word in text), "none"), 0.99) for text in texts
        ]


class LightMatcher(Matcher):
    """Matches what LightSight sees."""

    def __init__(self) -> None:
        """Loads nothing."""

    def describe_product(self, sku: str, pictures: Sequence[Image.Image]) -> ProductVectors:
        """The product's vectors, whatever the pictures."""
        return ProductVectors(sku, vectors_of(sku))

    def match(
        self, descriptions: Sequence[FrameDescription], index: CatalogIndex, hints: LogOdds | None = None
    ) -> Match | None:
        """The product nearest to the first description; its score is their cosine, whatever the hints."""
        if not descriptions or not len(index):
            return None
        cosines = index.similarities(descriptions[0].vectors)[0]
        return Match(index.skus[int(cosines.argmax())], float(cosines.max()))


class LightSight(Sight):
    """Sees the product that the comment names."""

    def __init__(self) -> None:
        """Looks at no store."""

    async def of(self, scene: Scene, view_delay_seconds: float) -> list[Seen]:
        """One frame with the product; none where the comment names none."""
        named = _SKU.search(scene.message) if isinstance(scene, Comment) else None
        return [Seen("frame", FrameDescription(vectors_of(named[0]), ()))] if named else []


class LightWiring(Wiring):
    """The shop's wiring, all real but the models."""

    @cached_property
    def classifier(self) -> Classifier:
        """The light one."""
        return LightClassifier()

    @cached_property
    def matcher(self) -> Matcher:
        """The light one."""
        return LightMatcher()

    @cached_property
    def shelves(self) -> Shelves:
        """The real catalogs, whose vectors were stored when the shop was put in place."""
        return Shelves(self.catalog, _NoPictures(), self.matcher, model=MODEL, clock=time.monotonic)

    @cached_property
    def sight(self) -> Sight:
        """The light one."""
        return LightSight()


class _NoPictures:
    async def read(self, path: str) -> bytes:
        raise ValueError(f"The benchmark's products have no pictures, but {path} was asked for.")
