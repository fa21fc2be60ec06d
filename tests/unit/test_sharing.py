"""How tests are shared out among workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import sharing

ROOT = Path(__file__).parents[2]


def test_a_file_stays_together_and_the_house_has_one_worker() -> None:
    assert sharing.group_of("tests/unit/test_pace.py::test_a[x::y]") == "tests/unit/test_pace.py"
    crashes, replay = "tests/e2e/test_crashes.py::test_a", "tests/e2e/test_replay.py::test_b"
    assert sharing.group_of(crashes) == sharing.group_of(replay) == "house"


def test_every_file_that_is_named_exists() -> None:
    named = [name for name in (*sharing.IN_ONE_HOUSE, *sharing.LONGEST) if name != "house"]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("earlier", sharing.LONGEST)
def test_what_takes_longest_begins_first(earlier: str) -> None:
    first = sharing.IN_ONE_HOUSE[0] if earlier == "house" else earlier
    assert sharing.rank(f"{first}::test") < sharing.rank("tests/unit/test_pace.py::test")


def test_who_asks_for_the_shop_of_the_house_is_in_it() -> None:
    asking = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests" / "e2e").glob("test_*.py")
        if "shop: Shop" in path.read_text(encoding="utf-8")
    }
    assert asking == set(sharing.IN_ONE_HOUSE)
