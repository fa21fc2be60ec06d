"""The fixtures that every test can name, and in which order and company tests run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sharing import ByServers

# What these modules assert is explained as in a test: said before anything imports them.
pytest.register_assert_rewrite("tests.e2e.load", "tests.e2e.shop")

pytest_plugins = [
    "tests.fixtures_servers",
    "tests.fixtures_sandbox",
    "tests.leaks",
    "tests.log_watch",
    "tests.shell",
    "tests.shuffle",
]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByServers:
    """Asked by pytest-xdist, where it runs."""
    from tests.sharing import ByServers

    config.option.loadscopereorder = False  # the order is ours
    return ByServers(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On workers, what takes longest comes first."""
    if hasattr(config, "workerinput"):  # so pytest-xdist tells its workers
        from tests.sharing import rank

        items.sort(key=lambda item: rank(item.nodeid))
