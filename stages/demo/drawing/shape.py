"""Coverage masks of plane figures, in a grid's own unit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Field = NDArray[np.float32]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Grid:
    """A raster of `width` x `height` pixels on which coordinates count in `unit` pixels, y downwards.

    Every method that returns a Field returns one of shape (height, width) with values in 0..1.
    """

    width: int
    height: int
    unit: float

    def polygon(self, points: Sequence[Point]) -> Field:
        """The inside of a closed polygon."""
        picture = Image.new("L", (self.width, self.height))
        ImageDraw.Draw(picture).polygon([(x * self.unit, y * self.unit) for x, y in points], fill=255)
        return _coverage(picture)

    def blob(self, points: Sequence[Point]) -> Field:
        """The inside of a smooth closed curve through the points."""
        return self.polygon(smooth(points, closed=True))

    def ellipse(self, centre: Point, radii: Point, turn: float = 0.0) -> Field:
        """An ellipse, turned clockwise by `turn` degrees."""
        return self.polygon(arc(centre, radii, 0.0, 360.0, turn))

    def box(self, corner: Point, size: Point, radius: float) -> Field:
        """An upright rectangle with rounded corners."""
        picture = Image.new("L", (self.width, self.height))
        (x, y), (w, h), u = corner, size, self.unit
        box = (x * u, y * u, (x + w) * u, (y + h) * u)
        ImageDraw.Draw(picture).rounded_rectangle(box, radius=radius * u, fill=255)
        return _coverage(picture)

    def stroke(self, points: Sequence[Point], width: float, *, curved: bool = True) -> Field:
        """A line of the given width with round ends, through the points."""
        line = smooth(points, closed=False) if curved else list(points)
        picture = Image.new("L", (self.width, self.height))
        draw, u = ImageDraw.Draw(picture), self.unit
        pixels = [(x * u, y * u) for x, y in line]
        draw.line(pixels, fill=255, width=max(1, round(width * u)))
        r = width * u / 2
        for x, y in pixels:  # a disc at each bend: Pillow's own joints leave specks
            draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
        return _coverage(picture)

    def dots(self, centres: Sequence[Point], radius: float) -> Field:
        """A disc around each of the centres."""
        picture = Image.new("L", (self.width, self.height))
        draw, r = ImageDraw.Draw(picture), radius * self.unit
        for x, y in centres:
            draw.ellipse(
                (x * self.unit - r, y * self.unit - r, x * self.unit + r, y * self.unit + r), fill=255
            )
        return _coverage(picture)

    def dashes(self, points: Sequence[Point], width: float, dash: float) -> Field:
        """A dashed line along the smooth path: dash and gap are equally long."""
        picture = Image.new("L", (self.width, self.height))
        draw, u = ImageDraw.Draw(picture), self.unit
        line = spaced(smooth(points, closed=False), dash)
        for (x0, y0), (x1, y1) in zip(line[0::2], line[1::2], strict=False):
            draw.line((x0 * u, y0 * u, x1 * u, y1 * u), fill=255, width=max(1, round(width * u)))
        return _coverage(picture)

    def coordinates(self) -> tuple[Field, Field]:
        """The x and the y of each pixel, in units."""
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32) / np.float32(self.unit)
        return x, y


def path(text: str, origin: Point = (0.0, 0.0)) -> list[Point]:
    """Points written as in SVG, "x,y x,y ...", counted from the origin."""
    pairs = (pair.split(",") for pair in text.split())
    return [(origin[0] + float(x), origin[1] + float(y)) for x, y in pairs]


def arc(centre: Point, radii: Point, start: float, end: float, turn: float = 0.0) -> list[Point]:
    """Points along an ellipse from `start` to `end` degrees, clockwise from the right."""
    steps = max(8, int(abs(end - start) / 4))
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    points: list[Point] = []
    for step in range(steps + 1):
        angle = math.radians(start + (end - start) * step / steps)
        x, y = radii[0] * math.cos(angle), radii[1] * math.sin(angle)
        points.append((centre[0] + x * cos - y * sin, centre[1] + x * sin + y * cos))
    return points


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 12) -> list[Point]:
    """A Catmull-Rom spline through the points."""
    count = len(points)
    if count < 3:
        return list(points)

    def at(i: int) -> Point:
        return points[i % count] if closed else points[min(max(i, 0), count - 1)]

    curve: list[Point] = []
    for i in range(count if closed else count - 1):
        p0, p1, p2, p3 = at(i - 1), at(i), at(i + 1), at(i + 2)
        curve.extend(_between(p0, p1, p2, p3, step / steps) for step in range(steps))
    if not closed:
        curve.append(points[-1])
    return curve


def spaced(line: Sequence[Point], distance: float) -> list[Point]:
    """The line's points, thinned to at least `distance` from one to the next."""
    kept = [line[0]]
    for x, y in line[1:]:
        steps = int(math.hypot(x - kept[-1][0], y - kept[-1][1]) / distance)
        (x0, y0) = kept[-1]
        for step in range(1, steps + 1):
            share = step * distance / math.hypot(x - x0, y - y0)
            kept.append((x0 + (x - x0) * share, y0 + (y - y0) * share))
    return kept


def mirrored(points: Sequence[Point], axis: float = 0.5) -> list[Point]:
    """The points reflected in the upright line x = axis."""
    return [(2 * axis - x, y) for x, y in points]


def _coverage(picture: Image.Image) -> Field:
    return (np.asarray(picture) / 255).astype(np.float32)


def _between(p0: Point, p1: Point, p2: Point, p3: Point, t: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        return 0.5 * (
            2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        )

    return along(p0[0], p1[0], p2[0], p3[0]), along(p0[1], p1[1], p2[1], p3[1])
