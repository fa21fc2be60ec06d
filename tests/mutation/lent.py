"""The servers that judge: started once, and lent to each run of the tests in place of servers of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings

# Whoever judges a mutant tomorrow tries the same examples.
settings.register_profile("mutation", derandomize=True, database=None)


class Lent:
    """A plugin of pytest's: gives the fixtures of these names from outside of the run."""

    def __init__(self, fixtures: dict[str, Any]) -> None:
        self._fixtures = fixtures

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        """Answer for the fixtures that are lent; pytest sets up the others."""
        if fixturedef.argname not in self._fixtures:
            return None
        value = self._fixtures[fixturedef.argname]
        fixturedef.cached_result = (value, fixturedef.cache_key(request), None)
        return value


def servers(needs: Sequence[str], folder: Path, stack: ExitStack) -> dict[str, Any]:
    """Start what a target needs, until the stack closes: the fixtures to lend."""
    from pipeline.embedded import Valkey
    from tests.fixtures_servers import HastyPostgres

    lent: dict[str, Any] = {}
    if "valkey" in needs:
        lent["valkey"] = stack.enter_context(Valkey(folder / "valkey"))
    if "postgres" in needs:
        postgres = HastyPostgres(folder / "postgres")
        stack.callback(postgres.remove)
        postgres.start()
        lent["postgres"] = postgres
        lent["new_database"] = _databases(postgres)
    return lent


def _databases(postgres: Any) -> Callable[[], str]:
    """As the fixture `new_database`, but the copies of a run take the places of the run's before: it is over."""
    from stages.adapters.database.migrate import migrate

    _execute(postgres, "create database migrated")
    migrate(postgres.database_url("migrated"))
    numbers = count(1)

    def make() -> str:
        name = f"mutated_{next(numbers)}"
        _execute(postgres, f"drop database if exists {name} with (force)")
        _execute(postgres, f"create database {name} template migrated")
        url: str = postgres.database_url(name)
        return url

    return make


def _execute(postgres: Any, statement: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(statement)
