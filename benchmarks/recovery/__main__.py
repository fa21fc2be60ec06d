"""`python -m benchmarks.recovery --comments N --kills N [--seed N] [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.recovery.run import Options, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report as one line of JSON; 0 where nothing was lost or doubled and every poison was found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recovery", description=__doc__)
    parser.add_argument("--comments", type=int, default=10_000, help="entries sent, poison included")
    parser.add_argument("--kills", type=int, default=100, help="SIGKILLs while they are sent")
    parser.add_argument(
        "--seed", type=int, default=1, help="what is sent, who dies and where is drawn from it"
    )
    parser.add_argument(
        "--power-cuts",
        type=int,
        default=0,
        help="cut Valkey's log so often instead, and replay from the database",
    )
    parser.add_argument("--short", action="store_true", help="600 comments, 6 kills")
    given = parser.parse_args(arguments)
    if given.short:
        given.comments, given.kills = 600, 6
    logging.getLogger("httpx").setLevel(logging.WARNING)
    options = Options(given.comments, 0 if given.power_cuts else given.kills, given.seed, given.power_cuts)
    with tempfile.TemporaryDirectory(prefix="recovery-") as folder:
        report = asyncio.run(run(options, Path(folder)))
    print(report.as_json())
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
