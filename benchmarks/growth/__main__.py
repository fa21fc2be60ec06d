"""`python -m benchmarks.growth [--rounds N] [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Mapping, Sequence

import uvloop

from benchmarks.growth.run import Measured, Setting, measure
from benchmarks.growth.worker import work

SINGLE = "1"
PARTITIONS = {str(n): Setting(workers=n, partitions=n) for n in (1, 2, 4)}
WORKERS = {str(n): Setting(workers=n, partitions=1) for n in (1, 2, 4)}
BACKLOGS = {str(n): Setting(workers=1, partitions=1, backlog=n) for n in (1_000, 100_000, 1_000_000)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the medians, and their ratios to the single one, as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of every setting, in turn")
    parser.add_argument("--records", type=int, default=20_000, help="comments that a rate is taken on")
    parser.add_argument(
        "--short", action="store_true", help="one round of a few comments, no million waiting"
    )
    parser.add_argument("--worker", help=argparse.SUPPRESS)  # this process is one
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--partitions", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker:
        uvloop.run(work(given.url, given.worker, given.partitions))
        return 0
    rounds, records = (1, 6_000) if given.short else (given.rounds, given.records)
    longest = 100_000 if given.short else 1_000_000
    backlogs = {name: each for name, each in BACKLOGS.items() if each.backlog <= longest}
    print(json.dumps(_report(_measured([PARTITIONS, WORKERS, backlogs], rounds, records))))
    return 0


def _measured(
    groups: Sequence[Mapping[str, Setting]], rounds: int, records: int
) -> list[dict[str, list[Measured]]]:
    # What is the same setting in two groups is measured once.
    found: dict[Setting, list[Measured]] = {each: [] for group in groups for each in group.values()}
    for number in range(rounds):
        for setting, measured in found.items():
            measured.append(measure(setting, records))
            print(f"round {number + 1}: {setting}: {measured[-1]}", file=sys.stderr, flush=True)
    return [{name: found[setting] for name, setting in group.items()} for group in groups]


def _report(groups: Sequence[Mapping[str, Sequence[Measured]]]) -> dict[str, object]:
    partitions, workers, backlogs = groups
    return {
        "cores": len(os.sched_getaffinity(0)),
        "by_partitions": _rates(partitions),
        "vs_one_partition": _ratios(partitions, SINGLE),
        "by_workers": _rates(workers),
        "vs_one_worker": _ratios(workers, SINGLE),
        "by_backlog": _rates(backlogs),
        "vs_1k": _ratios(backlogs, "1000"),
        "work_vs_1k": _ratios(backlogs, "1000", "work"),
        "between": {name: round(_median(of, "between")) for name, of in backlogs.items()},
        "redis_cores": {name: _median(of, "redis_cores") for name, of in partitions.items()},
        "worker_cores": {name: _median(of, "worker_cores") for name, of in partitions.items()},
    }


def _rates(group: Mapping[str, Sequence[Measured]]) -> dict[str, int]:
    return {name: round(_median(of, "rate")) for name, of in group.items()}


def _ratios(group: Mapping[str, Sequence[Measured]], single: str, figure: str = "rate") -> dict[str, float]:
    first = _median(group[single], figure)
    return {name: round(_median(of, figure) / first, 3) for name, of in group.items() if name != single}


def _median(measured: Sequence[Measured], figure: str) -> float:
    return round(float(statistics.median(getattr(each, figure) for each in measured)), 2)


if __name__ == "__main__":
    sys.exit(main())
