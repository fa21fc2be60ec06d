"""The fixtures that every test can name."""

from __future__ import annotations

import pytest

# What these modules assert is explained as in a test: said before anything imports them.
pytest.register_assert_rewrite("tests.e2e.load", "tests.e2e.shop")

pytest_plugins = ["tests.fixtures_servers", "tests.fixtures_sandbox", "tests.log_watch"]
