"""The rooms that the hosts stream from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.light import blurred
from stages.demo.drawing.material import Material, brushed, cloth, glazed, leather, matt, plush, rgb
from stages.demo.drawing.shape import Grid, path

FRAME = Grid(480, 640, 480)
"""A phone's portrait frame: x runs over 0..1, y over 0..1.33."""


def boutique(canvas: Canvas) -> None:
    """Rose plaster, a curtain, a round mirror and a plant."""
    grid = canvas.grid
    _wall(canvas, "#dcb9b4", "#a9a2a0")
    canvas.paint(grid.ellipse((0.80, 0.36), (0.145, 0.20)), matt("#f4efe6"), 0.02)
    canvas.paint(grid.ellipse((0.80, 0.36), (0.125, 0.18)), glazed("#aebcc4"), 0.01)
    for k in range(6):
        x = -0.01 + k * 0.042
        canvas.paint(
            grid.polygon([(x, 0), (x + 0.05, 0), (x + 0.044, 1.06), (x - 0.004, 1.06)]),
            cloth("#f0e4d2"),
            0.03,
        )
    canvas.paint(grid.polygon(path(".86,1.02 1.0,1.02 .98,1.20 .88,1.20")), matt("#9b9890"), 0.03)
    for k in range(9):
        tip = (0.93 + 0.15 * np.sin(k * 1.9), 0.74 + 0.02 * (k % 4))
        canvas.paint(
            grid.stroke([(0.93, 1.03), (0.93 + 0.05 * np.sin(k * 1.9), 0.88), tip], 0.03),
            matt("#55754c"),
            0.014,
        )


def kitchen(canvas: Canvas) -> None:
    """Cream tiles, a window in the morning sun and a wooden counter."""
    grid = canvas.grid
    _wall(canvas, "#e7e0cd", "#8c6f52")
    for k in range(1, 8):
        for line in ([(0, k * 0.14), (1, k * 0.14)], [(k * 0.14, 0), (k * 0.14, 0.98)]):
            canvas.shade(grid.stroke(line, 0.005), (0, 0.001), 0.002, 0.35)
    canvas.paint(grid.box((0.06, 0.08), (0.34, 0.46), 0.01), matt("#f7f4ee"), 0.02)
    for x in (0.085, 0.24):
        canvas.paint(grid.box((x, 0.105), (0.135, 0.41), 0.004), glazed("#bfdcee"), 0.006)
    canvas.paint(
        grid.box((0.62, 0.30), (0.38, 0.035), 0.004), Material(rgb("#a57c52"), brushed, contrast=0.08), 0.01
    )
    for k, code in enumerate(("#7f8d6a", "#b8a88c", "#93806f", "#c9bfa8", "#75808a")):
        canvas.paint(
            grid.box((0.65 + k * 0.062, 0.145 + 0.012 * (k % 3)), (0.05, 0.155 - 0.012 * (k % 3)), 0.004),
            cloth(code),
            0.008,
        )
    canvas.paint(
        grid.polygon(path("0,1.02 1,1.02 1,1.34 0,1.34")),
        Material(rgb("#a67a4d"), brushed, contrast=0.09),
        0.02,
    )


def den(canvas: Canvas) -> None:
    """A dim blue room with a light strip, a poster and a shelf of boxes."""
    grid = canvas.grid
    _wall(canvas, "#39465e", "#2b2f3c")
    canvas.paint(grid.box((0.66, 0.10), (0.27, 0.36), 0.004), matt("#d9d3c4"), 0.006)
    canvas.paint(
        grid.polygon(path(".68,.42 .76,.24 .81,.33 .86,.21 .91,.42")),
        matt("#6d7f86"),
        0.004,
        shadow=0,
    )
    canvas.paint(
        grid.box((0.0, 0.40), (0.30, 0.028), 0.003), Material(rgb("#6f6357"), brushed, contrast=0.1), 0.008
    )
    for k, code in enumerate(("#8795a6", "#5d6a78", "#a1968a")):
        canvas.paint(
            grid.box((0.015 + k * 0.092, 0.29 - 0.02 * (k % 2)), (0.08, 0.11 + 0.02 * (k % 2)), 0.006),
            matt(code),
            0.01,
        )
    canvas.paint(
        grid.polygon(path(".18,.86 .82,.86 .88,1.34 .12,1.34")),
        Material(rgb("#46494f"), leather, contrast=0.07),
        0.06,
    )
    strip = grid.stroke([(0.0, 0.065), (1.0, 0.065)], 0.018)
    glow = blurred(strip, 42) * 9 + strip * 2
    canvas.colour = np.clip(canvas.colour + glow[..., None] * np.array([0.16, 0.28, 0.34], np.float32), 0, 1)


ROOMS: Mapping[str, Callable[[Canvas], None]] = MappingProxyType(
    {"tiktok": boutique, "instagram": kitchen, "youtube": den}
)
"""The room of each platform's streamer."""


def _wall(canvas: Canvas, wall: str, floor: str) -> None:
    grid = canvas.grid
    everything = path("-.1,-.1 1.1,-.1 1.1,1.5 -.1,1.5")
    canvas.paint(grid.polygon(everything), Material(rgb(wall), leather, contrast=0.02), 0.001, shadow=0)
    canvas.paint(grid.polygon(path("-.1,1.06 1.1,1.06 1.1,1.5 -.1,1.5")), plush(floor), 0.004)
    x, y = grid.coordinates()
    canvas.tint((1.12 - 0.30 * x - 0.12 * y).astype(np.float32))
