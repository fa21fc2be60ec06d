"""Pictures as pixels, made smaller or larger."""

from functools import cache
from types import ModuleType
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""A picture: (height, width, 3), RGB."""


def pixels(picture: Image.Image) -> Pixels:
    """Any kind of picture."""
    return np.asarray(picture.convert("RGB"), np.uint8)


def resize(picture: Pixels, width: int, height: int) -> Pixels:
    """The picture at that size, each pixel from the four nearest: what lies between them is passed over."""
    cv2 = _opencv()
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def shrink(picture: Pixels, width: int, height: int) -> Pixels:
    """As `resize`, but where a picture is twice as large or more, whole blocks of its pixels are averaged first, so
    that none is passed over; what fills no block at its right and lower edge is left out."""
    across, down = max(1, picture.shape[1] // width), max(1, picture.shape[0] // height)
    if across > 1 or down > 1:
        rows, columns = picture.shape[0] // down, picture.shape[1] // across
        whole = picture[: rows * down, : columns * across]
        cv2 = _opencv()
        picture = np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)
    return resize(picture, width, height)


@cache
def _opencv() -> ModuleType:
    import cv2

    cv2.setNumThreads(1)  # the models' threads are counted; a crop takes 0.1 ms
    return cv2
