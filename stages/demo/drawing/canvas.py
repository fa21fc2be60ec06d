"""A transparent sheet on which lit figures are laid one over the other."""

from __future__ import annotations

import numpy as np
from PIL import Image

from stages.demo.drawing.light import blurred, shine
from stages.demo.drawing.material import Material
from stages.demo.drawing.shape import Field, Grid

Window = tuple[slice, slice]
"""The rows and columns of the grid that a figure touches."""


class Canvas:
    """Colour and coverage of each pixel, both in 0..1; starts out empty. Masks have the grid's shape."""

    def __init__(self, grid: Grid, seed: int) -> None:
        self.grid = grid
        self.colour = np.zeros((grid.height, grid.width, 3), np.float32)
        self.alpha = np.zeros((grid.height, grid.width), np.float32)
        self._rng = np.random.default_rng(seed)

    def paint(self, mask: Field, material: Material, depth: float = 0.03, shadow: float = 0.35) -> None:
        """Lays a lit figure on the sheet, round over `depth` units, with a soft shadow on what lies below it."""
        if shadow:
            self.shade(mask, (0.006, 0.014), 0.016, shadow)
        radius = max(1, round(depth * self.grid.unit * 0.45))
        window = _window(mask, margin=3 * radius + 2)
        part = mask[window]
        pattern = material.texture(Grid(part.shape[1], part.shape[0], self.grid.unit), self._rng)
        lit = shine(part, pattern * material.bump, radius, material.shininess)
        factor = lit.diffuse * (1 + pattern * material.contrast)
        base = np.array(material.colour, dtype=np.float32)
        colour = base * factor[..., None] + (lit.highlight * material.gloss)[..., None]
        self._lay(window, part, np.clip(colour, 0, 1))

    def flat(self, mask: Field, material: Material, opacity: float = 1.0) -> None:
        """Prints a figure on what is there: the surface below keeps its light."""
        window = _window(mask, margin=0)
        inside = mask[window] * self.alpha[window] * np.float32(opacity)
        luminance = self.colour[window].mean(axis=2)
        level = luminance / max(float((luminance * inside).sum() / (inside.sum() + 1e-6)), 1e-3)
        colour = np.array(material.colour, dtype=np.float32) * np.clip(level, 0.35, 1.5)[..., None]
        self._lay(window, inside, np.clip(colour, 0, 1))

    def shade(self, mask: Field, offset: tuple[float, float], softness: float, strength: float) -> None:
        """Darkens what is there below the mask's soft shadow; coverage stays. Offset and softness are in units."""
        unit = self.grid.unit
        radius = round(softness * unit)
        right, down = round(offset[0] * unit), round(offset[1] * unit)
        window = _window(mask, margin=3 * radius + max(abs(right), abs(down)) + 1)
        shifted = np.roll(mask[window], (down, right), axis=(0, 1))
        self.colour[window] *= (1 - strength * blurred(shifted, radius))[..., None]

    def tint(self, field: Field) -> None:
        """Multiplies the colour by a field of the grid's shape: folds, worn places, falling light."""
        self.colour = np.clip(self.colour * field[..., None], 0, 1).astype(np.float32)

    def picture(self) -> Image.Image:
        """The sheet as an RGBA picture of the grid's size."""
        stacked = np.dstack([self.colour, self.alpha])
        return Image.fromarray((np.clip(stacked, 0, 1) * 255 + 0.5).astype(np.uint8), "RGBA")

    def _lay(self, window: Window, mask: Field, colour: Field) -> None:
        alpha = self.alpha[window]
        total = alpha + mask * (1 - alpha)
        weight = (mask / np.maximum(total, 1e-6))[..., None]
        self.colour[window] = self.colour[window] * (1 - weight) + colour * weight
        self.alpha[window] = total


def _window(mask: Field, margin: int) -> Window:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(columns[0]) - margin), int(columns[-1]) + margin + 1),
    )
