"""Nothing lies about that nobody uses: what only tests call is not the product's."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from vulture import Vulture  # type: ignore[import-untyped]  # it brings no types

ROOT = Path(__file__).parents[2]
LOOKED_AT = ("schemas", "pipeline", "stages")
USERS = (*LOOKED_AT, "benchmarks", "deploy")
REGISTERED_BY = ["@*.command", "@*.callback", "@*.get", "@*.post", "@*.websocket", "@*.api_route",
                 "@*_validator"]  # fmt: skip

# What a reader of the syntax can't see the use of, by who uses it.
USED_BY = {
    "a library, which reads it of an object or subclass that we give it": {
        "_assert_has_ops", "_create_directories", "_fetch_max_wait_ms", "_full_model", "_new_consumer_thread", "_ws",
        "allow_redirects", "capture_signals", "caption", "close_connection_pool", "conv", "exc_text", "flow_control",
        "get_log_data", "globals",
        "has_transactional_ddl", "inter_op_num_threads", "intra_op_num_threads", "is_async", "justify",
        "model_config", "msg", "no_wrap", "NUM_THREADS", "on_response", "on_start", "partition_for_key",
        "prepare_threshold",
        "request_async", "response_complete", "row_factory", "running_mean", "running_var", "scheme_name", "shard_hint",
        "socket_timeout", "thread_type",
        "tiktok_app_url", "tiktok_webcast_url", "get_next",
        "graph_optimization_level", "list_commands", "optimized_model_filepath",
        "short_help", "rich_help_panel",
    },
    "readers of an answer's JSON": {"ok", "productId", "total_price", "repeated", "rejected"},
    "callers who build the name: <stage>_timeout_seconds": {
        "ingest_timeout_seconds", "intent_timeout_seconds", "order_timeout_seconds", "payment_timeout_seconds",
    },
    "callers of the sandbox, by the fault's name": {"SERVER_ERROR"},
    "the console, which shows a decision as it was written": {"decided_by", "decided_at"},
    "whoever tries their own stage in memory, as docs/adding-a-stage.md shows": {"until_idle"},
    "tests that play an operator: stop, start again and take back": {
        "pause_process", "resume_process", "restart", "roll_back",
    },
}  # fmt: skip


def test_nothing_is_there_that_nobody_uses() -> None:
    shown = {word for page in ROOT.glob("stages/**/*.html") for word in re.findall(r"\w+", page.read_text())}
    known = shown.union(*USED_BY.values())
    unused = [
        each for each in _unused() if each.name not in known and each.typ != "import"
    ]  # those are ruff's
    assert not [f"{_place(each)}: {each.typ} {each.name}" for each in unused]


def test_what_is_excused_still_is_there() -> None:
    names = {each.name for each in _unused()} | {"model_config"}
    assert not set().union(*USED_BY.values()) - names


@cache
def _unused() -> list[Any]:
    found = Vulture(ignore_decorators=REGISTERED_BY)
    found.scavenge([str(ROOT / package) for package in USERS])
    return [each for each in found.get_unused_code(min_confidence=60) if _place(each).startswith(LOOKED_AT)]


def _place(found: Any) -> str:
    return f"{Path(found.filename).relative_to(ROOT)}:{found.first_lineno}"
