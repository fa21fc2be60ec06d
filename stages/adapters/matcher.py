"""Which product of a catalog do these frames show, and how sure is that?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from stages.adapters.catalog_index import (
    CatalogIndex,
    ProductVectors,
    as_query,
    describe_product,
    mean_direction,
)
from stages.adapters.detector import Detector
from stages.adapters.embedding import Embedder, Vectors
from stages.adapters.evidence import Calibration, weigh
from stages.adapters.hints import LogOdds
from stages.adapters.models import detector_file
from stages.adapters.regions import Box, crops, fixed_windows, worth_a_look
from stages.adapters.resizing import pixels


class RegionFinder(Protocol):
    """What looks for products in frames; `stages.adapters.detector.Detector` in the product."""

    def regions(self, images: Sequence[Image.Image]) -> list[list[Box]]:
        """The boxes found in each image, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """The most likely product; `score` in [0, 1] is the calibrated probability that it is the one shown."""

    sku: str
    score: float


@dataclass(frozen=True, slots=True)
class FrameDescription:
    """All that matching needs to know of a frame: a vector per region (r, d + 1), and the regions.

    The first region is the whole frame, described by what the fixed windows have in common.

    Independent of any catalog: describe a frame once, match it for every comment that looks back on it.
    """

    vectors: Vectors
    boxes: tuple[Box, ...]


class Matcher:
    """Detector, embedding and calibration together. Blocking and CPU-bound: call it in a thread."""

    def __init__(self, detector: RegionFinder, embedder: Embedder, calibration: Calibration) -> None:
        self._detector, self._embedder, self._calibration = detector, embedder, calibration

    @classmethod
    def from_folder(cls, folder: Path, *, threads: int = 2) -> "Matcher":
        """Load the detector, embedding.onnx and calibration.json; raises MissingModel naming what isn't there."""
        calibration = Calibration.from_file(folder / "calibration.json")
        embedder = Embedder(folder / "embedding.onnx", threads=threads)
        return cls(_finder(detector_file(folder), threads), embedder, calibration)

    def describe(self, frame: Image.Image) -> FrameDescription:
        """Look at the whole frame, a few fixed windows, and whatever the detector found."""
        return self.describe_all([frame])[0]

    def describe_all(self, frames: Sequence[Image.Image]) -> list[FrameDescription]:
        """`describe` for several frames, with one call to each model."""
        opaque = [frame.convert("RGB") for frame in frames]
        boxes = [
            worth_a_look(found, frame.width, frame.height)
            for frame, found in zip(opaque, self._detector.regions(opaque), strict=True)
        ]
        vectors = self._embedder.embed(
            [
                crop
                for frame, regions in zip(opaque, boxes, strict=True)
                for crop in crops(pixels(frame), regions)
            ]
        )
        descriptions, start = [], 0
        for frame, regions in zip(opaque, boxes, strict=True):
            seen = vectors[start : start + len(regions)]
            windows = len(fixed_windows(frame.width, frame.height))
            seen[0] = mean_direction(seen[:windows])
            descriptions.append(FrameDescription(as_query(seen), tuple(regions)))
            start += len(regions)
        return descriptions

    def describe_product(self, sku: str, pictures: Sequence[Image.Image]) -> ProductVectors:
        """The vectors by which `sku` is recognised; worth keeping, they cost about 150 ms a picture."""
        return describe_product(sku, pictures, self._embedder)

    def index(self, products: Iterable[tuple[str, Sequence[Image.Image]]]) -> CatalogIndex:
        """The index of a catalog of (sku, pictures)."""
        return CatalogIndex([self.describe_product(sku, pictures) for sku, pictures in products])

    def match(
        self,
        descriptions: Sequence[FrameDescription],
        index: CatalogIndex,
        hints: LogOdds | None = None,
    ) -> Match | None:
        """The best product over all frames; None when the catalog is empty or there is no frame.

        A product that isn't in the catalog still has a best match; its score is low. `hints` say in the
        index's order what else speaks for each product (`stages.adapters.hints`). Takes about 4 ms for 500
        products of two pictures and six frames.
        """
        ranked = self.ranked(descriptions, index, hints, limit=1)
        return ranked[0] if ranked else None

    def ranked(
        self,
        descriptions: Sequence[FrameDescription],
        index: CatalogIndex,
        hints: LogOdds | None = None,
        *,
        limit: int,
    ) -> list[Match]:
        """The `limit` most likely products, the likeliest first, as `match` finds it; fewer where there are fewer.

        A later one's score is its score among the products that are left, times the probability that it is none
        of those before (chain rule); the scores sum up to 1 at most.
        """
        frames = [index.similarities(description.vectors) for description in descriptions]
        left, ranked, none_before = np.arange(len(index)), list[Match](), 1.0
        while len(ranked) < limit:
            odds = None if hints is None else hints[left]
            evidence = weigh([frame[:, left] for frame in frames], odds, worth=self._calibration.worth)
            if evidence is None:
                break
            score = none_before * self._calibration.score(evidence)
            ranked.append(Match(index.skus[left[evidence.product]], score))
            none_before -= score
            left = np.delete(left, evidence.product)
        return ranked


def _finder(weights: Path, threads: int) -> RegionFinder:
    if weights.suffix == ".onnx":
        return Detector(weights, threads=threads)
    from stages.adapters.ultralytics_detector import UltralyticsDetector  # brings torch

    return UltralyticsDetector(weights, threads=threads)
