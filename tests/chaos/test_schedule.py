"""The kills are drawn from the seed, and every kind comes in turn."""

from __future__ import annotations

from benchmarks.recovery.kill_points import POINTS
from benchmarks.recovery.load import PlannedComment, draw
from benchmarks.recovery.schedule import AtPoint, AtRandom, schedule


def test_the_same_seed_gives_the_same_load_and_kills() -> None:
    assert draw(200, 5, 2) == draw(200, 5, 2) != draw(200, 6, 2)
    assert schedule(30, 5) == schedule(30, 5) != schedule(30, 6)


def test_a_hundred_kills_meet_every_point_and_every_part() -> None:
    kills = schedule(100, 1)
    assert len(kills) == 100
    assert {kill.point for kill in kills if isinstance(kill, AtPoint)} == set(POINTS)
    parts = {kill.part for kill in kills if isinstance(kill, AtRandom)}
    assert parts == {"worker", "valkey", "postgres", "gateway"}


def test_a_load_has_every_kind_of_comment() -> None:
    load = draw(500, 1, 2)
    assert len(load.items) == 500
    assert len({one.mark for one in load.poison}) == len(load.poison) >= 9
    assert len({one.id for one in load.comments}) == len(load.comments)
    buys = [one for one in load.comments if one.product]
    scarce = {product.id for product in load.products if product.stock < 100}
    assert {one.door for one in buys} == {"gateway", "stream"}
    assert any(one.product and one.product.id in scarce for one in buys)
    assert any(one.copies == 2 for one in load.items if isinstance(one, PlannedComment))
    assert {viewer.card is None for viewer in load.viewers} == {True, False}
    assert {viewer.phone is None for viewer in load.viewers} == {True, False}
