"""Things for a home: mug, teapot, lamp; and for a pocket: phone case, headphones."""

from __future__ import annotations

import math

import numpy as np

from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.material import glazed, hide, matt, metal
from stages.demo.drawing.shape import Point, arc, path


def ceramic_mug(canvas: Canvas) -> None:
    """A stoneware mug: sea green glaze that drips over bare clay."""
    grid = canvas.grid
    canvas.paint(grid.stroke(arc((0.73, 0.52), (0.14, 0.17), -80, 80), 0.06), glazed("#3fa38c"), 0.03)
    body = path(".2,.24 .72,.24 .71,.7 .66,.8 .26,.8 .21,.7")
    canvas.paint(grid.polygon(body), matt("#d8b891"), 0.04)
    drip: list[Point] = [(0.20, 0.24), (0.72, 0.24), (0.715, 0.62)]
    drip += [
        (0.70 - k * 0.06, 0.60 + (0.075 if k % 2 else -0.015) + 0.02 * math.sin(k * 2.3)) for k in range(9)
    ]
    canvas.paint(grid.polygon([*drip, (0.205, 0.62)]), glazed("#3fa38c"), 0.03, shadow=0.2)
    canvas.paint(grid.ellipse((0.46, 0.24), (0.26, 0.065)), glazed("#58b9a2"), 0.02)
    canvas.paint(grid.ellipse((0.46, 0.245), (0.235, 0.05)), matt("#3a2216"), 0.01, shadow=0)
    x, _ = grid.coordinates()
    canvas.tint((1.08 - 0.55 * np.clip(np.abs((x - 0.42) / 0.40), 0, 1) ** 2.2).astype(np.float32))


def teapot(canvas: Canvas) -> None:
    """A round cobalt blue teapot with white brush flowers."""
    grid = canvas.grid
    blue = glazed("#1d3fb0")
    canvas.paint(grid.stroke(arc((0.76, 0.52), (0.15, 0.17), -95, 100), 0.045), blue, 0.025)
    spout = path(".3,.66 .2,.58 .14,.42 .07,.33 .14,.31 .22,.4 .34,.48")
    canvas.paint(grid.blob(spout), blue, 0.05)
    canvas.paint(grid.ellipse((0.5, 0.57), (0.29, 0.245)), blue, 0.22)
    canvas.paint(grid.ellipse((0.5, 0.80), (0.16, 0.03)), glazed("#e9edf6"), 0.02)
    for fx, fy, size in ((0.40, 0.56, 0.062), (0.60, 0.62, 0.048), (0.55, 0.46, 0.036)):
        for petal in range(6):
            angle = math.radians(petal * 60)
            spot = (fx + size * math.cos(angle), fy + size * math.sin(angle))
            canvas.flat(grid.ellipse(spot, (size * 0.55, size * 0.30), petal * 60), glazed("#f2f5ff"))
        canvas.flat(grid.ellipse((fx, fy), (size * 0.28, size * 0.28)), glazed("#f3c54a"))
    canvas.paint(grid.ellipse((0.5, 0.345), (0.165, 0.055)), glazed("#e9edf6"), 0.03)
    canvas.paint(grid.ellipse((0.5, 0.325), (0.145, 0.05)), blue, 0.04)
    canvas.paint(grid.ellipse((0.5, 0.262), (0.036, 0.036)), glazed("#e9edf6"), 0.03)


def desk_lamp(canvas: Canvas) -> None:
    """A brass desk lamp with a jointed arm and a black cone."""
    grid = canvas.grid
    brass = metal("#cf9f3d")
    canvas.paint(grid.ellipse((0.44, 0.88), (0.23, 0.055)), brass, 0.03)
    canvas.paint(grid.ellipse((0.44, 0.862), (0.21, 0.045)), metal("#e2b756"), 0.02)
    canvas.paint(grid.stroke([(0.44, 0.86), (0.27, 0.50)], 0.034), brass, 0.016)
    canvas.paint(grid.stroke([(0.27, 0.50), (0.56, 0.21)], 0.034), brass, 0.016)
    for joint in ((0.27, 0.50), (0.56, 0.21)):
        canvas.paint(grid.ellipse(joint, (0.04, 0.04)), metal("#8b6518"), 0.02)
    canvas.paint(grid.ellipse((0.745, 0.47), (0.175, 0.055), 38), glazed("#ffe9a3"), 0.02)
    cone = path(".54,.17 .62,.12 .7,.17 .9,.54 .8,.53 .7,.46 .61,.36 .55,.25")
    canvas.paint(grid.polygon(cone), glazed("#24252b"), 0.06)
    canvas.paint(grid.ellipse((0.765, 0.50), (0.07, 0.045), 38), glazed("#fff7dc"), 0.03, shadow=0)


def phone_case(canvas: Canvas) -> None:
    """A yellow phone case with daisies and a camera window."""
    grid = canvas.grid
    canvas.paint(grid.box((0.275, 0.05), (0.45, 0.90), 0.075), glazed("#f5c518"), 0.03)
    canvas.shade(grid.box((0.30, 0.075), (0.40, 0.85), 0.06), (0, 0), 0.004, 0.12)
    canvas.paint(grid.box((0.305, 0.08), (0.39, 0.84), 0.055), matt("#f7cf3c"), 0.01, shadow=0)
    daisies = (
        (0.57, 0.40, 0.055),
        (0.40, 0.50, 0.065),
        (0.60, 0.63, 0.06),
        (0.40, 0.75, 0.055),
        (0.58, 0.84, 0.045),
    )
    for fx, fy, size in daisies:
        for petal in range(8):
            angle = math.radians(petal * 45)
            spot = (fx + size * 0.75 * math.cos(angle), fy + size * 0.75 * math.sin(angle))
            canvas.flat(grid.ellipse(spot, (size * 0.5, size * 0.24), petal * 45), matt("#ffffff"))
        canvas.flat(grid.ellipse((fx, fy), (size * 0.32, size * 0.32)), matt("#e8740e"))
    canvas.paint(grid.box((0.325, 0.10), (0.20, 0.20), 0.045), matt("#1e1e22"), 0.012)
    for x, y in ((0.375, 0.15), (0.475, 0.15), (0.375, 0.25)):
        canvas.paint(grid.ellipse((x, y), (0.036, 0.036)), glazed("#3a3f4d"), 0.02)
        canvas.paint(grid.ellipse((x, y), (0.017, 0.017)), glazed("#0a0c14"), 0.01)


def headphones(canvas: Canvas) -> None:
    """Black over-ear headphones with copper rings."""
    grid = canvas.grid
    canvas.paint(grid.stroke(arc((0.5, 0.48), (0.315, 0.36), 183, 357), 0.065), hide("#26262b"), 0.03)
    canvas.paint(grid.stroke(arc((0.5, 0.49), (0.275, 0.315), 205, 335), 0.03), hide("#4b3a34"), 0.015)
    for side in (-1, 1):
        x = 0.5 + side * 0.30
        canvas.paint(grid.stroke([(x + side * 0.012, 0.44), (x, 0.58)], 0.028), metal("#c6804f"), 0.012)
        canvas.paint(grid.ellipse((x - side * 0.055, 0.68), (0.085, 0.175), side * 6), hide("#3b3b42"), 0.06)
        canvas.paint(grid.ellipse((x + side * 0.018, 0.68), (0.095, 0.165), side * 6), matt("#1a1a1e"), 0.06)
        canvas.paint(grid.ellipse((x + side * 0.034, 0.68), (0.066, 0.125), side * 6), metal("#c6804f"), 0.02)
        canvas.paint(
            grid.ellipse((x + side * 0.038, 0.68), (0.053, 0.108), side * 6), glazed("#2b2b31"), 0.04
        )
