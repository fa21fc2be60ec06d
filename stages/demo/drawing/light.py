"""Light on a figure that is puffed up from its outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stages.demo.drawing.shape import Field

_DIRECTION = np.array([-0.45, -0.62, 0.64], dtype=np.float32)
_HALFWAY = (_DIRECTION + np.array([0, 0, 1], dtype=np.float32)) / np.linalg.norm(
    _DIRECTION + np.array([0, 0, 1], dtype=np.float32)
)


@dataclass(frozen=True, slots=True)
class Lit:
    """What the light leaves on each pixel: a factor for the colour, and a highlight to add (0..1)."""

    diffuse: Field
    highlight: Field


def blurred(field: Field, radius: int) -> Field:
    """Three box blurs, close to a Gaussian; edges are repeated. `radius` is in pixels."""
    if radius < 1:
        return field
    for _ in range(3):
        field = _box_rows(_box_rows(field, radius).T, radius).T
    return np.ascontiguousarray(field)


def shine(mask: Field, bump: Field, depth: int, shininess: float) -> Lit:
    """Lights the mask as a cushion whose edge is round over `depth` pixels, roughened by `bump`.

    The light stands up and to the left; the shading is Blinn's (1977).
    """
    inside = np.clip(blurred(mask, depth) * 2 - 1, 0, 1)
    height = np.sqrt(1 - (1 - inside) ** 2) * np.float32(depth * 1.6) + bump
    slope_y, slope_x = np.gradient(height)
    length = np.sqrt(slope_x**2 + slope_y**2 + 1)
    diffuse = (-slope_x * _DIRECTION[0] - slope_y * _DIRECTION[1] + _DIRECTION[2]) / length
    towards = (-slope_x * _HALFWAY[0] - slope_y * _HALFWAY[1] + _HALFWAY[2]) / length
    highlight = np.clip(towards, 0, 1) ** np.float32(shininess)
    return Lit((0.42 + 0.85 * np.clip(diffuse, 0, 1)).astype(np.float32), highlight.astype(np.float32))


def _box_rows(field: Field, radius: int) -> Field:
    padded = np.pad(field, ((0, 0), (radius + 1, radius)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float64)
    width = 2 * radius + 1
    return ((sums[:, width:] - sums[:, :-width]) / width).astype(np.float32)
