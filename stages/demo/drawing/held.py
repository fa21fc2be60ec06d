"""A product as a hand holds it: turned, tilted, somewhere in the frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from stages.demo.drawing.shape import Point


@dataclass(frozen=True, slots=True)
class Hold:
    """Centre and side length in pixels, turn in degrees clockwise, tilt as the share by which a far edge shrinks."""

    centre: Point
    side: float
    turn: float
    tilt_x: float
    tilt_y: float

    def corners(self) -> list[Point]:
        """The four corners (top left, top right, bottom right, bottom left) of the held square."""
        cos, sin = math.cos(math.radians(self.turn)), math.sin(math.radians(self.turn))
        corners: list[Point] = []
        for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
            near = 1 + self.tilt_x * x + self.tilt_y * y
            dx, dy = x * self.side * near, y * self.side * near
            corners.append((self.centre[0] + dx * cos - dy * sin, self.centre[1] + dx * sin + dy * cos))
        return corners


def held(cutout: Image.Image, hold: Hold, size: tuple[int, int]) -> Image.Image:
    """The cut-out in perspective on an empty sheet of the size (width, height)."""
    source = cutout.resize((400, 400), Image.Resampling.LANCZOS)
    straight = [(0.0, 0.0), (400.0, 0.0), (400.0, 400.0), (0.0, 400.0)]
    coefficients = _homography(hold.corners(), straight)
    premultiplied = source.convert("RGBa")
    warped = premultiplied.transform(
        size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC
    )
    return warped.convert("RGBA")


def _homography(seen: list[Point], straight: list[Point]) -> list[float]:
    """The eight numbers that lead from a point of the frame to one of the cut-out."""
    rows: list[list[float]] = []
    for (x, y), (u, v) in zip(seen, straight, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    wanted = [value for point in straight for value in point]
    return [float(value) for value in np.linalg.solve(np.array(rows), np.array(wanted))]
