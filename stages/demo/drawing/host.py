"""The person in front of the camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stages.demo.drawing.canvas import Canvas
from stages.demo.drawing.material import glazed, jersey, matt, plush, skin
from stages.demo.drawing.shape import Point, arc, mirrored, path


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a host, as `#rrggbb`, and whether the hair is long."""

    skin: str
    hair: str
    shirt: str
    long_hair: bool


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "tiktok": Look("#c98e66", "#3a2418", "#6b5566", long_hair=True),
        "instagram": Look("#eac3a2", "#a8763e", "#b7adbf", long_hair=True),
        "youtube": Look("#e2b48c", "#17161a", "#8d9096", long_hair=False),
    }
)
"""The look of each platform's streamer."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the head and the two hands are, in the frame's units, and how far the mouth stands open (0..1)."""

    head: Point
    left_hand: Point
    right_hand: Point
    mouth: float


def body(canvas: Canvas, look: Look, pose: Pose) -> None:
    """Hair, torso, head and arms; the hands come later, over whatever they hold."""
    grid, (x, y) = canvas.grid, pose.head
    hair = plush(look.hair)
    if look.long_hair:
        tail = path("-.15,-.02 -.17,.20 -.13,.33 .13,.33 .17,.20 .15,-.02", pose.head)
        canvas.paint(grid.blob(tail), hair, 0.05)
    shirt = jersey(look.shirt)
    left = path("-.07,.21 -.22,.29 -.25,.52 -.21,1.2", pose.head)
    canvas.paint(grid.blob([*left, *reversed(mirrored(left, x))]), shirt, 0.08)
    neck = path("-.055,.10 .055,.10 .075,.25 0,.30 -.075,.25", pose.head)
    canvas.paint(grid.polygon(neck), skin(look.skin), 0.03)
    _head(canvas, look, pose)
    for side, hand in ((-1, pose.left_hand), (1, pose.right_hand)):
        shoulder = (x + side * 0.20, y + 0.36)
        elbow = (
            (shoulder[0] + hand[0]) / 2 + side * 0.09,
            max(shoulder[1], hand[1]) * 0.5 + 0.5 * (shoulder[1] + 0.28),
        )
        canvas.paint(grid.stroke([shoulder, elbow, hand], 0.10), shirt, 0.05)


def hands(canvas: Canvas, look: Look, pose: Pose, *, gripping: bool) -> None:
    """Both hands: closed around an edge when gripping, else spread."""
    for side, (x, y) in ((-1, pose.left_hand), (1, pose.right_hand)):
        tone, grid = skin(look.skin), canvas.grid
        canvas.paint(grid.ellipse((x + side * 0.012, y), (0.043, 0.052)), tone, 0.03)
        for k in range(4):
            root = (x - side * 0.012, y - 0.036 + k * 0.023)
            tip = (
                (x - side * 0.058, root[1] + 0.006) if gripping else (x + side * (k - 1.5) * 0.02, y - 0.105)
            )
            canvas.paint(grid.stroke([root, tip], 0.022), tone, 0.011, shadow=0.25)


def _head(canvas: Canvas, look: Look, pose: Pose) -> None:
    grid, (x, y) = canvas.grid, pose.head
    tone = skin(look.skin)
    for side in (-1, 1):
        canvas.paint(grid.ellipse((x + side * 0.118, y + 0.02), (0.022, 0.034)), tone, 0.015)
    canvas.paint(grid.ellipse((x, y + 0.01), (0.118, 0.155)), tone, 0.09)
    fringe = path(
        "-.125,0 -.13,-.1 -.07,-.175 0,-.19 .07,-.175 .13,-.1 .125,0 .1,-.07 .03,-.1 -.06,-.085 -.105,-.055",
        pose.head,
    )
    canvas.paint(grid.blob(fringe), plush(look.hair), 0.03)
    for side in (-1, 1):
        canvas.paint(
            grid.ellipse((x + side * 0.045, y + 0.005), (0.019, 0.011)), glazed("#f6f3ee"), 0.006, shadow=0.15
        )
        canvas.paint(
            grid.ellipse((x + side * 0.045, y + 0.005), (0.009, 0.010)), glazed("#2c1e17"), 0.004, shadow=0
        )
        brow = [(x + side * 0.025, y - 0.026), (x + side * 0.048, y - 0.034), (x + side * 0.07, y - 0.026)]
        canvas.paint(grid.stroke(brow, 0.009), matt(look.hair), 0.003, shadow=0)
    canvas.paint(grid.ellipse((x, y + 0.045), (0.014, 0.022)), tone, 0.012, shadow=0.2)
    lips = arc((x, y + 0.085), (0.042, 0.012 + 0.022 * pose.mouth), 0, 180)
    canvas.paint(
        grid.polygon([*lips, *mirrored([(x - 0.04, y + 0.085)], x)]), matt("#8e2f33"), 0.004, shadow=0
    )
