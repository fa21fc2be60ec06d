"""Finds where in a frame something is offered: one class, "product"."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from stages.adapters.models import missing_detector
from stages.adapters.onnx_session import open_session
from stages.adapters.regions import Box
from stages.adapters.resizing import Pixels, pixels, resize

SIDE = 256
"""Pixels of the longer side at which frames are searched; what the weights were trained for."""

CONFIDENCE = 0.05
"""Boxes below it are left out. Low on purpose: a needless region costs one embedding, a missed product the sale."""

MOST_BOXES = 6
"""So many of the surest boxes are kept."""

Array: TypeAlias = npt.NDArray[np.float32]

_STRIDE = 32  # the network halves five times
_GROUND = 114  # the grey what frames were filled up with in training
_SAME = 0.7  # boxes that overlap by more are one product


class Detector:
    """An ONNX network as ultralytics exports its detectors: RGB in [0, 1], (1, 3, height, width), to boxes of any
    class, suppressed by the network itself or not. Thread-safe: a session may run concurrently."""

    def __init__(self, model: Path, *, threads: int = 2) -> None:
        """Load `model`; `threads` bounds what one call uses. Raises MissingModel if the file isn't there."""
        if not model.is_file():
            raise missing_detector(model)
        self._session = open_session(model, threads)
        self._input = self._session.get_inputs()[0]
        self._output = self._session.get_outputs()[0].name

    def regions(self, images: Sequence[Image.Image]) -> list[list[Box]]:
        """The boxes found in each image, surest first; an empty list where there is nothing."""
        # One at a time: in a batch of mixed shapes each is padded to a square, which shifts its boxes a
        # little, and on the CPU a batch is no faster.
        return [self._look(image) for image in images]

    def _look(self, image: Image.Image) -> list[Box]:
        placed = _Placed.of(image.size, self._size())
        shares = placed.fill(pixels(image)).astype(np.float32).transpose(2, 0, 1)[None] / 255
        found = self._session.run([self._output], {self._input.name: shares})[0][0]
        return [placed.back(row) for row in surest(candidates(found))]

    def _size(self) -> tuple[int, int] | None:
        """Width and height, where the network takes one size alone."""
        height, width = self._input.shape[2:]
        return (width, height) if isinstance(width, int) and isinstance(height, int) else None


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where an image of `image` pixels lies, `scale` times its size, on the network's canvas."""

    image: tuple[int, int]
    canvas: tuple[int, int]
    scale: float

    @classmethod
    def of(cls, image: tuple[int, int], canvas: tuple[int, int] | None) -> "_Placed":
        """As large as the canvas allows; without one, the smallest that the longer side fills up to SIDE."""
        if canvas:
            return cls(image, canvas, min(canvas[0] / image[0], canvas[1] / image[1]))
        scale = SIDE / max(image)
        width, height = (-(-max(1, round(side * scale)) // _STRIDE) * _STRIDE for side in image)
        return cls(image, (width, height), scale)

    @property
    def _scaled(self) -> tuple[int, int]:
        return max(1, round(self.image[0] * self.scale)), max(1, round(self.image[1] * self.scale))

    @property
    def _corner(self) -> tuple[int, int]:
        width, height = self._scaled
        return (self.canvas[0] - width) // 2, (self.canvas[1] - height) // 2

    def fill(self, image: Pixels) -> Pixels:
        """The canvas with the image on it."""
        width, height = self._scaled
        # Without smoothing: the network was trained on frames made smaller so.
        (left, top), canvas = self._corner, np.full((*self.canvas[::-1], 3), _GROUND, np.uint8)
        canvas[top : top + height, left : left + width] = resize(image, width, height)
        return canvas

    def back(self, row: Array) -> Box:
        """A box of the canvas in the image's pixels."""
        (left, top), (width, height) = self._corner, self.image
        x0, x1 = (min(max((float(x) - left) / self.scale, 0.0), width) for x in (row[0], row[2]))
        y0, y1 = (min(max((float(y) - top) / self.scale, 0.0), height) for y in (row[1], row[3]))
        return Box(x0, y0, x1, y1, float(row[4]))


def candidates(found: Array) -> Array:
    """Rows of x0, y0, x1, y1, score, of CONFIDENCE or more, from what a network found in one image: centre, size and
    a score for each class, one column a box (4 + classes, n); or finished rows with their class (n, 6)."""
    if found.shape[1] == 6:
        rows = found[:, :5]
    else:
        centre, half, score = found[:2], found[2:4] / 2, found[4:].max(axis=0)
        rows = np.concatenate((centre - half, centre + half, score[None])).T
    sure = rows[:, 4] >= CONFIDENCE
    whole = (rows[:, 2] > rows[:, 0]) & (rows[:, 3] > rows[:, 1])
    return rows[sure & whole]


def surest(rows: Array) -> Array:
    """The MOST_BOXES surest rows, the surest first, none of which overlaps a surer one by more than _SAME."""
    left, kept = rows[np.argsort(-rows[:, 4], kind="stable")], list[Array]()
    while len(left) and len(kept) < MOST_BOXES:
        kept.append(left[0])
        left = left[1:][_overlap(left[0], left[1:]) <= _SAME]
    return np.stack(kept) if kept else np.zeros((0, 5), np.float32)


def _overlap(one: Array, others: Array) -> Array:
    """Intersection over union of a box with each of the others."""
    sides = np.minimum(one[2:4], others[:, 2:4]) - np.maximum(one[:2], others[:, :2])
    both = np.clip(sides, 0, None).prod(axis=1)
    areas = (others[:, 2:4] - others[:, :2]).prod(axis=1)
    shared: Array = both / ((one[2:4] - one[:2]).prod() + areas - both)
    return shared
