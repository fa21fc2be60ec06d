"""Every product that can be drawn, by the stem of its picture's name."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType

from PIL import Image

from stages.demo.drawing import accessory, garment, household
from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.shape import Grid

SIDE = 800
"""A cut-out's width and height in pixels, twice what the catalog shows."""

GOODS: Mapping[str, Callable[[Canvas], None]] = MappingProxyType(
    {
        "denim_jacket": garment.denim_jacket,
        "red_dress": garment.red_dress,
        "straw_hat": garment.straw_hat,
        "white_sneakers": garment.white_sneakers,
        "leather_handbag": accessory.leather_handbag,
        "necklace": accessory.necklace,
        "backpack": accessory.backpack,
        "plush_bear": accessory.plush_bear,
        "skateboard": accessory.skateboard,
        "ceramic_mug": household.ceramic_mug,
        "teapot": household.teapot,
        "desk_lamp": household.desk_lamp,
        "phone_case": household.phone_case,
        "headphones": household.headphones,
    }
)


@lru_cache(maxsize=32)
def cutout(name: str) -> Image.Image:
    """The product alone on transparent ground, SIDE x SIDE, RGBA. A KeyError names a product nobody can draw."""
    canvas = Canvas(Grid(SIDE, SIDE, SIDE), zlib.crc32(name.encode()))
    GOODS[name](canvas)
    return canvas.picture()
