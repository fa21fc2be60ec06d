"""The fashion stall's goods: jacket, dress, hat, sneakers."""

from __future__ import annotations

import numpy as np

from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.material import Material, cloth, denim, glazed, matt, metal, rgb, straw
from stages.demo.drawing.shape import Point, arc, mirrored, path

_DENIM = Material(rgb("#3f6ea8"), denim, contrast=0.10, bump=0.35)
_THREAD = matt("#e0a050")


def denim_jacket(canvas: Canvas) -> None:
    """A blue denim jacket, front view, buttoned, with stitched pockets."""
    grid = canvas.grid
    canvas.paint(
        grid.blob(path(".43,.16 .5,.14 .57,.16 .56,.25 .44,.25")),
        _DENIM.tinted("#22406b"),
    )
    sleeve = path(".32,.2 .2,.28 .13,.5 .1,.76 .2,.78 .26,.58 .33,.42")
    cuff = path(".1,.73 .205,.75 .2,.82 .095,.8")
    for points, end in ((sleeve, cuff), (mirrored(sleeve), mirrored(cuff))):
        canvas.paint(grid.blob(points), _DENIM.tinted("#3a669e"), 0.05)
        canvas.paint(grid.polygon(end), _DENIM.tinted("#345c90"), 0.02)
    half = path(".43,.17 .3,.2 .27,.35 .28,.6 .275,.8 .51,.81 .51,.27")
    for points in (mirrored(half), half):
        canvas.paint(grid.polygon(points), _DENIM, 0.05)
    _jacket_seams(canvas)
    canvas.paint(grid.box((0.268, 0.775), (0.464, 0.065), 0.012), _DENIM.tinted("#345c90"), 0.015)
    collar = path(".44,.145 .35,.2 .4,.31 .495,.265 .45,.2")
    for points in (collar, mirrored(collar)):
        canvas.paint(grid.polygon(points), _DENIM.tinted("#4a7cb8"), 0.02)
    for y in (0.30, 0.40, 0.50, 0.60, 0.70, 0.805):
        canvas.paint(grid.ellipse((0.495, y), (0.013, 0.013)), metal("#c98d4b"), 0.008)


def _jacket_seams(canvas: Canvas) -> None:
    grid = canvas.grid
    canvas.shade(grid.stroke([(0.51, 0.27), (0.51, 0.8)], 0.008), (0.004, 0), 0.006, 0.6)
    lines: list[list[Point]] = [[(0.475, 0.30), (0.475, 0.78)], [(0.52, 0.28), (0.52, 0.78)]]
    for side in (0, 1):
        pocket = path(".315,.36 .445,.36 .445,.4 .38,.43 .315,.4")
        points = mirrored(pocket) if side else pocket
        canvas.paint(grid.polygon(points), _DENIM.tinted("#386299"), 0.01)
        lines.append([*points, points[0]])
        seam: list[Point] = [(0.34, 0.44), (0.36, 0.60), (0.39, 0.77)]
        lines.append(mirrored(seam) if side else seam)
        lines.append([(0.5 + (0.01 if side else -0.01) * k, 0.335) for k in range(2, 23, 4)])
        button = (0.62, 0.405) if side else (0.38, 0.405)
        canvas.paint(grid.ellipse(button, (0.011, 0.011)), metal("#c98d4b"), 0.006)
    for line in lines:
        canvas.flat(grid.dashes(line, 0.004, 0.008), _THREAD)


def red_dress(canvas: Canvas) -> None:
    """A red summer dress with straps, a sash and white dots."""
    grid = canvas.grid
    fabric = cloth("#d4202c")
    for side in (0, 1):
        strap: list[Point] = [(0.40, 0.24), (0.41, 0.12), (0.44, 0.06)]
        canvas.paint(grid.stroke(mirrored(strap) if side else strap, 0.024), fabric, 0.01)
    skirt = path(".4,.44 .32,.62 .2,.88 .28,.93 .38,.91 .5,.94")
    canvas.paint(grid.blob([*skirt, *reversed(mirrored(skirt)[:-1])]), fabric, 0.06)
    bodice = path(".39,.22 .44,.215 .5,.26 .56,.215 .61,.22 .615,.34 .59,.46 .41,.46 .385,.34")
    canvas.paint(grid.polygon(bodice), fabric, 0.06)
    x, y = grid.coordinates()
    angle = np.arctan2(x - 0.5, y - 0.15)
    folds = 1 + np.where(y > 0.46, 0.16 * np.sin(angle * 46), 0.0) * np.clip((y - 0.46) * 5, 0, 1)
    canvas.tint(folds.astype(np.float32))
    spots = [
        (0.17 + column * 0.04 + (row % 2) * 0.02, 0.24 + row * 0.037)
        for row in range(19)
        for column in range(18)
    ]
    canvas.flat(grid.dots(spots, 0.0075), matt("#fff3ee"))
    canvas.paint(grid.polygon(path(".4,.42 .6,.42 .605,.465 .395,.465")), cloth("#8e1019"), 0.02)


def straw_hat(canvas: Canvas) -> None:
    """A wide straw hat with a dark ribbon."""
    grid = canvas.grid
    weave = Material(rgb("#e3bd6f"), straw, contrast=0.16, bump=0.9)
    canvas.paint(grid.ellipse((0.5, 0.62), (0.45, 0.19), -4), weave, 0.05)
    for ring in (0.40, 0.34, 0.28):
        canvas.shade(
            grid.stroke(arc((0.5, 0.615), (ring, ring * 0.42), 0, 360, -4), 0.006), (0, 0.002), 0.004, 0.4
        )
    crown = path(".27,.6 .29,.4 .36,.27 .5,.235 .63,.26 .71,.39 .735,.57 .62,.645 .5,.66 .38,.65")
    canvas.paint(grid.blob(crown), weave, 0.14)
    band = path(".268,.5 .38,.555 .5,.567 .62,.55 .728,.47 .738,.565 .62,.645 .5,.662 .38,.65 .264,.6")
    canvas.paint(grid.polygon(band), cloth("#2b2a3f"), 0.03)
    bow = path(".69,.56 .8,.5 .81,.6 .7,.585 .77,.68 .7,.67")
    canvas.paint(grid.polygon(bow), cloth("#34334c"), 0.02)


def white_sneakers(canvas: Canvas) -> None:
    """A pair of white sneakers seen from the side, one behind the other."""
    _sneaker(canvas, 0.06, -0.20, 0.9)
    _sneaker(canvas, 0.0, 0.05, 1.0)


def _sneaker(canvas: Canvas, right: float, down: float, size: float) -> None:
    grid, green = canvas.grid, "#1f9d78"

    def placed(text: str) -> list[Point]:
        return [(right + 0.5 + (x - 0.5) * size, down + 0.5 + (y - 0.5) * size) for x, y in path(text)]

    upper = placed(
        ".1,.42 .16,.36 .22,.4 .33,.42 .42,.38 .5,.46 .66,.56 .84,.6 .91,.66 .9,.72 .5,.73 .11,.72 .09,.58"
    )
    canvas.paint(grid.blob(upper), Material(rgb("#f1f1ee"), contrast=0.03, gloss=0.1), 0.07)
    collar = placed(".12,.42 .2,.4 .33,.42 .4,.4 .3,.46 .17,.46")
    canvas.paint(grid.blob(collar), cloth("#8d97a3"), 0.02)
    toe = placed(".74,.6 .86,.61 .91,.67 .9,.72 .72,.73")
    canvas.paint(grid.blob(toe), matt("#e4e4df"), 0.02)
    heel = placed(".1,.46 .16,.47 .2,.6 .19,.71 .11,.72")
    canvas.paint(grid.blob(heel), cloth(green), 0.02)
    canvas.paint(grid.stroke(placed(".3,.7 .36,.6 .47,.54"), 0.035 * size), matt(green), 0.01)
    for k in range(5):
        x, y = 0.43 + k * 0.055, 0.445 + k * 0.035
        lace = placed(f"{x},{y} {x - 0.035},{y + 0.075}")
        canvas.paint(grid.stroke(lace, 0.016 * size), cloth("#d5dadf"), 0.006)
    sole = placed(".08,.7 .5,.715 .92,.7 .925,.76 .9,.79 .1,.79 .075,.75")
    canvas.paint(grid.polygon(sole), matt("#d9d6cc"), 0.025)
    canvas.flat(grid.stroke(placed(".09,.755 .5,.765 .92,.755"), 0.008 * size), glazed(green))
