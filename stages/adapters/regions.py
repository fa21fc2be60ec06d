"""Where in a frame a product may be: boxes, fixed windows, and square crops of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from stages.adapters.resizing import Pixels


@dataclass(frozen=True, slots=True)
class Box:
    """A region in pixels, x to the right, y down, x0 < x1 and y0 < y1; `score` in [0, 1] is how sure
    the detector is that it frames a product (windows that nobody detected have 0)."""

    x0: float
    y0: float
    x1: float
    y1: float
    score: float = 0.0


_Square: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom in pixels

_MARGIN = 0.06  # of a box's longer side, around it
_NEARLY_THE_SAME = 0.8  # overlap of two crops of which one is enough
_WINDOWS = (
    # left, top, right, bottom as shares of the frame: a product is held to the camera, so the middle
    # counts most; tall frames show the host's face above and the chat below.
    (0.0, 0.0, 1.0, 1.0),
    (0.15, 0.15, 0.85, 0.85),
    (0.25, 0.25, 0.75, 0.75),
    (0.0, 0.25, 0.6, 0.85),
    (0.4, 0.25, 1.0, 0.85),
)


def fixed_windows(width: int, height: int) -> list[Box]:
    """The whole frame first, then windows that overlap around its middle."""
    return [
        Box(left * width, top * height, right * width, bottom * height)
        for left, top, right, bottom in _WINDOWS
    ]


def worth_a_look(found: Sequence[Box], width: int, height: int) -> list[Box]:
    """The fixed windows, and what was found in the frame but for boxes whose crop is nearly that of one before."""
    kept = fixed_windows(width, height)
    squares = [_square(box, width, height) for box in kept]
    for box in found:
        square = _square(box, width, height)
        if all(_overlap(square, other) <= _NEARLY_THE_SAME for other in squares):
            kept.append(box)
            squares.append(square)
    return kept


def square_crop(frame: Pixels, box: Box) -> Pixels:
    """The smallest square around `box`, grown by a margin, moved to lie inside the frame.

    A square keeps the product's shape when the network resizes it. Where the frame is too narrow for
    the square the crop keeps the frame's own extent. Shares the frame's memory.
    """
    left, top, right, bottom = _square(box, frame.shape[1], frame.shape[0])
    return frame[top:bottom, left:right]


def crops(frame: Pixels, boxes: Sequence[Box]) -> list[Pixels]:
    """One square crop per box, in order."""
    return [square_crop(frame, box) for box in boxes]


def _square(box: Box, width: int, height: int) -> _Square:
    side = max(box.x1 - box.x0, box.y1 - box.y0) * (1 + 2 * _MARGIN)
    left, right = _interval((box.x0 + box.x1) / 2, side, width)
    top, bottom = _interval((box.y0 + box.y1) / 2, side, height)
    return left, top, right, bottom


def _overlap(one: _Square, other: _Square) -> float:
    """Intersection over union."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, width) * max(0, height)
    return both / (_area(one) + _area(other) - both)


def _area(square: _Square) -> int:
    return (square[2] - square[0]) * (square[3] - square[1])


def _interval(centre: float, length: float, limit: int) -> tuple[int, int]:
    length = min(length, limit)
    low = min(max(centre - length / 2, 0), limit - length)
    start = min(round(low), limit - 1)
    return start, max(start + 1, min(limit, round(low + length)))
