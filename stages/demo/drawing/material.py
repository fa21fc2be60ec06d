"""What a surface is made of: colour, pattern, roughness, gloss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from stages.demo.drawing.light import blurred
from stages.demo.drawing.shape import Field, Grid

Texture = Callable[[Grid, np.random.Generator], Field]
"""A field around 0 (about -1..1) that darkens, lightens and roughens a surface."""


def plain(grid: Grid, _rng: np.random.Generator) -> Field:
    """Nothing: an even surface."""
    return np.zeros((grid.height, grid.width), dtype=np.float32)


def grain(grid: Grid, rng: np.random.Generator) -> Field:
    """Fine noise, as of matt plastic or unglazed clay."""
    return noise(grid, rng, 1)


def denim(grid: Grid, rng: np.random.Generator) -> Field:
    """Diagonal twill over a washed-out ground."""
    x, y = grid.coordinates()
    twill = np.sin((x + y) * 420) * 0.55
    worn: Field = (twill + noise(grid, rng, 1) * 0.5 + noise(grid, rng, 28) * 0.9).astype(np.float32)
    return worn


def straw(grid: Grid, _rng: np.random.Generator) -> Field:
    """A basket weave of light and dark strands."""
    x, y = grid.coordinates()
    woven: Field = (np.sin(x * 190) * np.sin(y * 190) + 0.35 * np.sin((x - y) * 90)).astype(np.float32)
    return woven


def leather(grid: Grid, rng: np.random.Generator) -> Field:
    """Pebbles of a few pixels between soft wear."""
    return noise(grid, rng, 3) * 0.8 + noise(grid, rng, 30) * 0.6


def fur(grid: Grid, rng: np.random.Generator) -> Field:
    """Short strands that run downwards, in tufts."""
    strands = blurred(rng.standard_normal((grid.height, grid.width)).astype(np.float32), 1)
    for _ in range(2):
        strands = (strands + np.roll(strands, 2, axis=0) + np.roll(strands, 4, axis=0)) / 2.2
    return _normal(strands) * 0.9 + noise(grid, rng, 9) * 0.7


def brushed(grid: Grid, rng: np.random.Generator) -> Field:
    """Horizontal streaks, as of brushed metal or sawn wood."""
    rows = rng.standard_normal((grid.height, 1)).astype(np.float32)
    return _normal(blurred(np.repeat(rows, grid.width, axis=1) + noise(grid, rng, 6), 1))


def canvas(grid: Grid, rng: np.random.Generator) -> Field:
    """A plain weave, finer than straw."""
    x, y = grid.coordinates()
    woven: Field = ((np.sin(x * 500) + np.sin(y * 500)) * 0.4 + noise(grid, rng, 2) * 0.6).astype(np.float32)
    return woven


def noise(grid: Grid, rng: np.random.Generator, radius: int) -> Field:
    """Noise of unit deviation, smooth over `radius` pixels."""
    return _normal(blurred(rng.standard_normal((grid.height, grid.width)).astype(np.float32), radius))


def _normal(field: Field) -> Field:
    scaled: Field = (field / (field.std() + 1e-6)).astype(np.float32)
    return scaled


@dataclass(frozen=True, slots=True)
class Material:
    """A surface. `colour` is RGB in 0..1, `contrast` how much the texture tints, `bump` how much it roughens.

    `gloss` is the strength of the highlight in 0..1, `shininess` how small it is.
    """

    colour: tuple[float, float, float]
    texture: Texture = plain
    contrast: float = 0.08
    bump: float = 0.0
    gloss: float = 0.0
    shininess: float = 24.0

    def tinted(self, code: str) -> Material:
        """The same surface in another colour."""
        return replace(self, colour=rgb(code))


def rgb(code: str) -> tuple[float, float, float]:
    """`#rrggbb` as three shares of 1."""
    return int(code[1:3], 16) / 255, int(code[3:5], 16) / 255, int(code[5:7], 16) / 255


def cloth(code: str) -> Material:
    """Woven cotton."""
    return Material(rgb(code), canvas, contrast=0.06, bump=0.25)


def jersey(code: str) -> Material:
    """Knitted cotton, too fine for a camera to see the stitches."""
    return Material(rgb(code), leather, contrast=0.03, bump=0.12)


def matt(code: str) -> Material:
    """Matt plastic, clay or rubber."""
    return Material(rgb(code), grain, contrast=0.03, gloss=0.12, shininess=10)


def glazed(code: str) -> Material:
    """Glazed ceramic or polished plastic."""
    return Material(rgb(code), grain, contrast=0.015, gloss=0.75, shininess=60)


def metal(code: str) -> Material:
    """Brushed metal."""
    return Material(rgb(code), brushed, contrast=0.07, gloss=0.8, shininess=18)


def hide(code: str) -> Material:
    """Tanned leather."""
    return Material(rgb(code), leather, contrast=0.09, bump=0.45, gloss=0.3, shininess=20)


def plush(code: str) -> Material:
    """Short fur."""
    return Material(rgb(code), fur, contrast=0.13, bump=0.6)


def skin(code: str) -> Material:
    """A host's skin."""
    return Material(rgb(code), grain, contrast=0.012, gloss=0.08, shininess=8)
