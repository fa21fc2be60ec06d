"""How the tests are shared out among the workers of pytest-xdist: `make test` starts three, for most tests wait."""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

IN_ONE_HOUSE = (
    "tests/e2e/test_commands.py",
    "tests/e2e/test_console.py",
    "tests/e2e/test_crashes.py",
    "tests/e2e/test_dashboards.py",
    "tests/e2e/test_garbage.py",
    "tests/e2e/test_happy_path.py",
    "tests/e2e/test_instagram.py",
    "tests/e2e/test_replay.py",
    "tests/e2e/test_scale_plan.py",
    "tests/e2e/test_traces.py",
    "tests/e2e/test_waitlist.py",
)
# Whoever takes longest begins first, or the others would wait for it at the end.
LONGEST = (
    "house",
    "tests/e2e/test_demo.py",
    "tests/chaos/",
    "tests/contract/test_youtube.py",
    "tests/contract/test_openapi.py",
    "tests/e2e/test_gateway_load.py",
    "tests/contract/test_money_commands.py",
    "tests/contract/test_outbound_webhooks.py",
    "tests/contract/test_embedded_postgres.py",
    "tests/contract/test_replay.py",
    "tests/contract/test_tiktok.py",
    "tests/contract/test_redis_away.py",
)


class ByServers(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests stay together on one worker, for it may have servers of its own; so do those that share the
    house."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def group_of(nodeid: str) -> str:
    """What a test is not parted from."""
    file = nodeid.partition("::")[0]
    return "house" if file in IN_ONE_HOUSE else file


def rank(nodeid: str) -> int:
    """Lower ranks begin earlier."""
    group = group_of(nodeid)
    return next((rank for rank, start in enumerate(LONGEST) if group.startswith(start)), len(LONGEST))
