"""Which kill comes when: drawn from the seed, so that every kind comes in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.recovery.kill_points import COMMENT_SENT, POINTS

_AT_POINTS = 0.6
RARE = frozenset({"webhook committed", "outbox row appended"})
"""Points that are passed seldom: their first passage is taken."""
_MOST_PASSAGES = 6
_LONGEST_WAIT_SECONDS = 0.8
_AT_RANDOM = ("worker", "valkey", "worker", "postgres", "worker", "gateway")


@dataclass(frozen=True, slots=True)
class AtPoint:
    """Whichever process passes the point for the `passage`-th time."""

    point: str
    passage: int


@dataclass(frozen=True, slots=True)
class AtRandom:
    """A part of the house (`worker` is any of them), `after` seconds; a server stays away `away` seconds."""

    part: str
    after: float
    away: float


Kill = AtPoint | AtRandom


def schedule(kills: int, seed: int) -> list[Kill]:
    """So many kills; about three of five at named points. The same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - dice, no secrets
    points, parts = _in_turn(POINTS, dice), _in_turn(_AT_RANDOM, dice)
    at_points = [number < round(kills * _AT_POINTS) for number in range(kills)]
    dice.shuffle(at_points)
    return [_at_point(next(points), dice) if at else _at_random(next(parts), dice) for at in at_points]


def _at_point(point: str, dice: random.Random) -> AtPoint:
    return AtPoint(point, 1 if point in RARE or point == COMMENT_SENT else dice.randint(1, _MOST_PASSAGES))


def _at_random(part: str, dice: random.Random) -> AtRandom:
    return AtRandom(
        part, dice.uniform(0, _LONGEST_WAIT_SECONDS), away=dice.choice((0.0, dice.uniform(0, 1.5)))
    )


def _in_turn(kinds: Sequence[str], dice: random.Random) -> Iterator[str]:
    while True:
        yield from dice.sample(kinds, len(kinds))
