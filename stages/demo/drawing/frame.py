"""One frame of a stream: a room, the host, what the host holds, the app's overlay."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFilter

from stages.demo.drawing.camera import taken
from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.goods import cutout
from stages.demo.drawing.held import Hold, held
from stages.demo.drawing.host import LOOKS, Pose, body, hands
from stages.demo.drawing.overlay import overlaid
from stages.demo.drawing.room import FRAME, ROOMS

_ENLARGED: Mapping[str, float] = MappingProxyType({"white_sneakers": 1.15, "headphones": 1.1})
"""Slim goods leave much of their square empty; the host holds them closer to the camera."""


_DEPTH_OF_FIELD = 2.2
"""The blur of the room behind the host, in pixels."""


@dataclass(frozen=True, slots=True)
class Shot:
    """What is to be seen: a streamer's frame at `second` of the show, with a product (its picture's stem) or none."""

    platform: str
    handle: str
    name: str
    second: int
    goods: str | None
    price: str | None


def frame(shot: Shot) -> Image.Image:
    """Draws the shot, 480 x 640. The same shot gives the same pixels."""
    rng = np.random.default_rng(zlib.crc32(f"{shot.handle}@{shot.second}".encode()))
    hold = _hold(rng, _ENLARGED.get(shot.goods or "", 1.0))
    pose = _pose(rng, hold, showing=shot.goods is not None)
    look = LOOKS[shot.platform]
    picture = _room(shot.platform).copy()
    figure = Canvas(FRAME, int(rng.integers(1 << 30)))
    body(figure, look, pose)
    picture.alpha_composite(figure.picture())
    if shot.goods is not None:
        picture.alpha_composite(_shadow(held(cutout(shot.goods), hold, picture.size)))
        picture.alpha_composite(held(cutout(shot.goods), hold, picture.size))
    fingers = Canvas(FRAME, int(rng.integers(1 << 30)))
    hands(fingers, look, pose, gripping=shot.goods is not None)
    picture.alpha_composite(fingers.picture())
    seen = taken(picture, rng, softness=float(rng.uniform(0.3, 0.8)))
    viewers = 1200 + int(rng.integers(400))
    return overlaid(seen, shot.name, viewers, shot.price if shot.goods else None, shot.second // 2 + 20)


@lru_cache(maxsize=3)
def _room(platform: str) -> Image.Image:
    canvas = Canvas(FRAME, zlib.crc32(platform.encode()))
    ROOMS[platform](canvas)
    return canvas.picture().filter(ImageFilter.GaussianBlur(_DEPTH_OF_FIELD))


def _hold(rng: np.random.Generator, enlarged: float) -> Hold:
    width = FRAME.unit
    return Hold(
        centre=(width * float(rng.uniform(0.46, 0.54)), width * float(rng.uniform(0.74, 0.81))),
        side=width * float(rng.uniform(0.60, 0.74)) * enlarged,
        turn=float(rng.uniform(-11, 11)),
        tilt_x=float(rng.uniform(-0.14, 0.14)),
        tilt_y=float(rng.uniform(-0.12, 0.12)),
    )


def _pose(rng: np.random.Generator, hold: Hold, *, showing: bool) -> Pose:
    head = (0.5 + float(rng.uniform(-0.03, 0.03)), 0.30 + float(rng.uniform(-0.012, 0.012)))
    mouth = float(rng.uniform(0, 1))
    if not showing:
        left = (0.22 + float(rng.uniform(-0.04, 0.04)), 0.92 + float(rng.uniform(-0.1, 0.1)))
        right = (0.80 + float(rng.uniform(-0.04, 0.04)), 0.74 + float(rng.uniform(-0.14, 0.14)))
        return Pose(head, left, right, mouth)
    (x, y), reach = (hold.centre[0] / FRAME.unit, hold.centre[1] / FRAME.unit), hold.side / FRAME.unit
    low = y + reach * 0.22
    return Pose(head, (x - reach * 0.37, low), (x + reach * 0.37, low + 0.01), mouth)


def _shadow(sheet: Image.Image) -> Image.Image:
    """A soft dark double of what is on the sheet, a little lower."""
    alpha = sheet.getchannel("A").reduce(4).resize(sheet.size, Image.Resampling.BICUBIC)
    dark = Image.new("RGBA", sheet.size, (20, 14, 10, 0))
    dark.putalpha(alpha.point([round(level * 0.35) for level in range(256)]))
    moved = Image.new("RGBA", sheet.size, (20, 14, 10, 0))
    moved.paste(dark, (8, 12))
    return moved
