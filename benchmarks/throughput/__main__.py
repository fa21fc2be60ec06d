"""`python -m benchmarks.throughput [--rounds N] [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from pipeline.embedded.valkey import Valkey
from pipeline.logging import log_to_stderr


class Contestant(NamedTuple):
    """Where its `run(url, count) -> records a second` is, and how many records it is given in a full round: slow ones
    fewer, since it is the rate that counts."""

    module: str
    records: int
    run: str = "run"


CONTESTANTS = {
    "ours": Contestant("ours", 20_000),
    "loop": Contestant("loop", 20_000),
    "faststream_batch": Contestant("faststream_batch", 2_000),
    "faststream_pipelined": Contestant("faststream_batch", 5_000, "run_pipelined"),
    "taskiq": Contestant("taskiq_streams", 1_000),
}
_ROUND_SECONDS = 300


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the medians as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="of every contestant, in turn")
    parser.add_argument("--short", action="store_true", help="two rounds of a quarter of the records")
    parser.add_argument("--only", choices=CONTESTANTS, nargs="+", default=list(CONTESTANTS))
    parser.add_argument("--one", help=argparse.SUPPRESS)  # this process is a contestant
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--records", type=int, help="comments in a round, whoever runs them")
    given = parser.parse_args(arguments)
    if given.one:
        log_to_stderr()
        print(uvloop.run(_runner(given.one)(given.url, given.records)))
        return 0
    rounds, share = (2, 4) if given.short else (given.rounds, 1)
    rates: dict[str, list[float]] = {name: [] for name in given.only}
    for number in range(rounds):
        for name in given.only:
            records = given.records or CONTESTANTS[name].records // share
            rates[name].append(_round(name, records))
            print(f"round {number + 1}: {name} {rates[name][-1]:,.0f} records/s", file=sys.stderr)
    print(json.dumps(_report({name: statistics.median(of) for name, of in rates.items()})))
    return 0


def _runner(name: str) -> Callable[[str, int], Coroutine[Any, Any, float]]:
    contestant = CONTESTANTS[name]
    module = import_module(f"benchmarks.throughput.{contestant.module}")
    run: Callable[[str, int], Coroutine[Any, Any, float]] = getattr(module, contestant.run)
    return run


def _round(name: str, records: int) -> float:
    """A contestant in a process of its own, on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="throughput-") as folder:
        server = Valkey(Path(folder) / "valkey").start()
        try:
            own = [sys.executable, "-m", "benchmarks.throughput", "--one", name]
            ended = subprocess.run(
                [*own, "--url", server.url, "--records", str(records)],
                check=True,
                stdout=subprocess.PIPE,
                timeout=_ROUND_SECONDS,
            )
        finally:
            server.remove()
    return float(ended.stdout)


def _report(medians: dict[str, float]) -> dict[str, float]:
    ratios = {
        f"vs_{name}": round(medians["ours"] / medians[name], 3)
        for name in ("faststream_batch", "faststream_pipelined", "loop")
        if {"ours", name} <= medians.keys()
    }
    return {name: round(rate) for name, rate in medians.items()} | ratios


if __name__ == "__main__":
    sys.exit(main())
