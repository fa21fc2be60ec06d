"""The fixtures that every test can name."""

from __future__ import annotations

pytest_plugins = ["tests.fixtures_servers", "tests.fixtures_sandbox"]
