"""Where in a frame a product may be: boxes, fixed windows, and square crops of them."""

from collections.abc import Sequence
from dataclasses import dataclass

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


def square_crop(frame: Pixels, box: Box, *, margin: float = 0.06) -> Pixels:
    """The smallest square around `box`, grown by `margin` of its side, moved to lie inside the frame.

    A square keeps the product's shape when the network resizes it. Where the frame is too narrow for
    the square the crop keeps the frame's own extent. Shares the frame's memory.
    """
    height, width = frame.shape[:2]
    side = max(box.x1 - box.x0, box.y1 - box.y0) * (1 + 2 * margin)
    left, right = _interval((box.x0 + box.x1) / 2, side, width)
    top, bottom = _interval((box.y0 + box.y1) / 2, side, height)
    return frame[top:bottom, left:right]


def _interval(centre: float, length: float, limit: int) -> tuple[int, int]:
    length = min(length, limit)
    low = min(max(centre - length / 2, 0), limit - length)
    start = min(round(low), limit - 1)
    return start, max(start + 1, min(limit, round(low + length)))


def crops(frame: Pixels, boxes: Sequence[Box]) -> list[Pixels]:
    """One square crop per box, in order."""
    return [square_crop(frame, box) for box in boxes]
