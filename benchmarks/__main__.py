"""`python -m benchmarks [NAME ...]` (`make bench`): the short form of every benchmark, kept in benchmarks/results/."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.suite.finding import benchmarks_in, has_short_form
from benchmarks.suite.running import run_short

ROOT = Path(__file__).parents[1]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT, package: str = "benchmarks") -> int:
    """0 where each of them ended well; one that fails keeps no other from running."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones. Default: all with a short form")
    parser.add_argument(
        "--results", type=Path, default=root / package / "results", help="where they are kept"
    )
    given = parser.parse_args(arguments)
    known = [name for name in benchmarks_in(root / package) if has_short_form(f"{package}.{name}", root)]
    if unknown := set(given.names) - set(known):
        parser.error(f"no short form of {', '.join(sorted(unknown))}: there are {', '.join(known)}")
    failed = False
    for name in given.names or known:
        print(f"{name} ...", file=sys.stderr, flush=True)
        result = run_short(name, f"{package}.{name}", root)
        file = result.write(given.results, root)
        print(f"{name}: {result.failure or 'done'} ({result.seconds} s, {file})", file=sys.stderr, flush=True)
        failed = failed or result.failure is not None
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
