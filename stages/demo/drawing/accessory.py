"""Things one wears or carries: handbag, necklace, backpack."""

from __future__ import annotations

import math

from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.material import cloth, glazed, hide, matt, metal, plush
from stages.demo.drawing.shape import Point, arc, mirrored, path, smooth, spaced


def leather_handbag(canvas: Canvas) -> None:
    """A tan leather handbag with a flap, two handles' arch and a brass clasp."""
    grid = canvas.grid
    canvas.paint(grid.stroke(arc((0.5, 0.40), (0.19, 0.27), 180, 360), 0.034), hide("#7a4520"), 0.02)
    body = path(".22,.4 .78,.4 .87,.82 .84,.87 .16,.87 .13,.82")
    canvas.paint(grid.polygon(body), hide("#b36a33"), 0.05)
    flap = path(".21,.385 .79,.385 .81,.52 .68,.63 .5,.665 .32,.63 .19,.52")
    canvas.paint(grid.polygon(smooth(flap, closed=True, steps=4)), hide("#a25c29"), 0.04, shadow=0.6)
    stitches = path(".215,.52 .33,.61 .5,.643 .67,.61 .785,.52")
    canvas.flat(grid.dashes(stitches, 0.005, 0.011), matt("#f0d9a8"))
    canvas.flat(grid.dashes([(0.165, 0.84), (0.5, 0.845), (0.835, 0.84)], 0.005, 0.011), matt("#f0d9a8"))
    canvas.paint(grid.box((0.44, 0.60), (0.12, 0.10), 0.02), metal("#d8b04c"), 0.015)
    canvas.paint(grid.ellipse((0.5, 0.65), (0.016, 0.02)), metal("#6d5318"), 0.008)
    for x in (0.31, 0.69):
        canvas.paint(grid.ellipse((x, 0.405), (0.032, 0.032)), metal("#d8b04c"), 0.012)
        canvas.paint(grid.ellipse((x, 0.405), (0.015, 0.015)), hide("#7a4520"), 0.005)


def necklace(canvas: Canvas) -> None:
    """A gold chain with a teal drop on a velvet bust."""
    grid = canvas.grid
    bust = path(
        ".43,.06 .57,.06 .575,.24 .66,.33 .84,.42 .83,.7 .7,.93 .3,.93 .17,.7 .16,.42 .34,.33 .425,.24"
    )
    velvet = plush("#3a2350")
    canvas.paint(grid.blob(bust), velvet, 0.11)
    chain = spaced(
        smooth(
            path(".385,.24 .36,.42 .42,.56 .5,.62 .58,.56 .64,.42 .615,.24"),
            closed=False,
        ),
        0.026,
    )
    for x, y in chain:
        canvas.paint(grid.ellipse((x, y), (0.0165, 0.0165)), metal("#f0c34a"), 0.012)
    canvas.paint(grid.blob(path(".5,.61 .575,.74 .5,.82 .425,.74")), metal("#f0c34a"), 0.02)
    canvas.paint(grid.blob(path(".5,.645 .55,.74 .5,.79 .45,.74")), glazed("#12a7a0"), 0.03)


def backpack(canvas: Canvas) -> None:
    """An olive backpack with a lid pocket, a front pocket and orange pulls."""
    grid = canvas.grid
    olive = cloth("#6b7434")
    for points in ([(0.25, 0.35), (0.17, 0.55), (0.20, 0.80)], [(0.75, 0.35), (0.83, 0.55), (0.80, 0.80)]):
        canvas.paint(grid.stroke(points, 0.05), cloth("#3c411f"), 0.02)
    canvas.paint(grid.stroke(arc((0.5, 0.13), (0.08, 0.07), 180, 360), 0.028), cloth("#3c411f"), 0.014)
    canvas.paint(
        grid.blob(path(".5,.1 .7,.14 .77,.32 .79,.75 .72,.91 .5,.93 .28,.91 .21,.75 .23,.32 .3,.14")),
        olive,
        0.09,
    )
    canvas.paint(grid.box((0.285, 0.54), (0.43, 0.30), 0.06), olive.tinted("#7d8740"), 0.05, shadow=0.6)
    canvas.paint(
        grid.blob(path(".3,.26 .5,.22 .7,.26 .715,.42 .5,.46 .285,.42")),
        olive.tinted("#7d8740"),
        0.04,
        shadow=0.6,
    )
    for points in ([(0.32, 0.60), (0.5, 0.59), (0.68, 0.60)], [(0.325, 0.30), (0.5, 0.275), (0.675, 0.30)]):
        canvas.paint(grid.stroke(points, 0.016), metal("#2b2c24"), 0.008)
        canvas.paint(
            grid.stroke([points[2], (points[2][0] + 0.01, points[2][1] + 0.075)], 0.02),
            cloth("#ee7420"),
            0.008,
        )
    for x in (0.37, 0.60):
        canvas.paint(grid.box((x, 0.44), (0.032, 0.14), 0.008), hide("#8a5a2e"), 0.008)
        canvas.paint(grid.box((x - 0.006, 0.515), (0.044, 0.034), 0.006), metal("#b9b9ae"), 0.006)
    canvas.paint(grid.box((0.43, 0.69), (0.14, 0.08), 0.012), hide("#8a5a2e"), 0.01)


def plush_bear(canvas: Canvas) -> None:
    """A sitting brown teddy bear with a blue bow."""
    grid = canvas.grid
    brown, light = plush("#8a552b"), plush("#d9b183")
    for x in (0.33, 0.67):
        canvas.paint(grid.ellipse((x, 0.15), (0.085, 0.085)), brown, 0.05)
        canvas.paint(grid.ellipse((x, 0.155), (0.048, 0.05)), light, 0.03)
    arm = path(".33,.5 .2,.58 .15,.7 .23,.74 .34,.65")
    canvas.paint(grid.ellipse((0.5, 0.68), (0.22, 0.24)), brown, 0.12)
    canvas.paint(grid.ellipse((0.5, 0.70), (0.135, 0.16)), light, 0.08, shadow=0.2)
    for points in (arm, mirrored(arm)):
        canvas.paint(grid.blob(points), brown, 0.06)
    for x in (0.29, 0.71):
        canvas.paint(grid.ellipse((x, 0.87), (0.125, 0.09)), brown, 0.07)
        canvas.paint(grid.ellipse((x, 0.88), (0.07, 0.06)), light, 0.04)
    canvas.paint(grid.ellipse((0.5, 0.29), (0.225, 0.195)), brown, 0.13)
    canvas.paint(grid.ellipse((0.5, 0.355), (0.105, 0.085)), light, 0.07, shadow=0.2)
    canvas.paint(grid.ellipse((0.5, 0.32), (0.036, 0.026)), glazed("#1c1412"), 0.02)
    canvas.paint(grid.stroke([(0.455, 0.385), (0.5, 0.40), (0.545, 0.385)], 0.011), matt("#1c1412"), 0.004)
    for x in (0.415, 0.585):
        canvas.paint(grid.ellipse((x, 0.26), (0.024, 0.026)), glazed("#120d0b"), 0.02)
    bow = path(".5,.49 .38,.44 .37,.55 .5,.51 .63,.55 .62,.44")
    canvas.paint(grid.polygon(bow), cloth("#2f6fd0"), 0.03)
    canvas.paint(grid.ellipse((0.5, 0.50), (0.028, 0.028)), cloth("#2559ab"), 0.02)


def skateboard(canvas: Canvas) -> None:
    """A skateboard's underside, standing aslant: violet deck, orange bolt, white wheels."""
    grid = canvas.grid

    def turned(points: list[Point], angle: float = 38.0) -> list[Point]:
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        return [
            (0.5 + (x - 0.5) * cos - (y - 0.5) * sin, 0.5 + (x - 0.5) * sin + (y - 0.5) * cos)
            for x, y in points
        ]

    def slab(x: float, y: float, w: float, h: float) -> list[Point]:
        return turned([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])

    deck = [*arc((0.5, 0.20), (0.20, 0.16), 180, 360), *arc((0.5, 0.80), (0.20, 0.16), 0, 180)]
    canvas.paint(grid.polygon(turned(deck)), glazed("#5b2a9d"), 0.03)
    bolt = path(".6,.33 .37,.52 .49,.53 .41,.69 .64,.48 .51,.47")
    canvas.flat(grid.polygon(turned(bolt)), matt("#ff9a1f"))
    for k in range(4):
        y = 0.075 + k * 0.022
        canvas.flat(grid.polygon(slab(0.30, y, 0.40, 0.010)), matt("#25d0c3"))
        canvas.flat(grid.polygon(slab(0.30, 1 - y, 0.40, 0.010)), matt("#25d0c3"))
    for y in (0.235, 0.765):
        canvas.paint(grid.polygon(slab(0.44, y - 0.055, 0.12, 0.11)), metal("#9aa0a8"), 0.02)
        canvas.paint(grid.polygon(slab(0.30, y - 0.014, 0.40, 0.028)), metal("#b8bec6"), 0.012)
        for x in (0.25, 0.67):
            canvas.paint(grid.polygon(slab(x, y - 0.05, 0.08, 0.10)), glazed("#f2ead6"), 0.02, shadow=0.6)
