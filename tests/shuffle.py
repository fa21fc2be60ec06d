"""`--shuffle SEED`: files and the tests in each in another order, so that whatever counts on one fails.

A plugin of pytest's. The tests of a file stay together, for they share its servers; see `sharing` for the house."""

from __future__ import annotations

import random

import pytest

from tests.sharing import group_of


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--shuffle", type=int, metavar="SEED", help="run in another order, the same one for a seed"
    )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mix the groups, the files of each, and the tests of each file."""
    seed = config.getoption("--shuffle")
    if seed is not None:
        items.sort(key=_Places(seed).of)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say by which seed, so that the order can be had again."""
    seed = config.getoption("--shuffle")
    return None if seed is None else f"shuffled by the seed {seed}"


class _Places:
    """A random place for each name, the same wherever it is asked for: all workers of pytest-xdist must agree."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def of(self, item: pytest.Item) -> tuple[float, float, float]:
        """Where a test comes."""
        file = item.nodeid.partition("::")[0]
        return self._place(group_of(item.nodeid)), self._place(file), self._place(item.nodeid)

    def _place(self, name: str) -> float:
        return random.Random(f"{self._seed}/{name}").random()
