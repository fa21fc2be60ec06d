"""`python -m benchmarks.pipeline [--short]`: see benchmarks/README.md."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pipeline.run import Options, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what was found as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument(
        "--short",
        action="store_true",
        help="one round, fewer comments, one rate for 10 s, the seed's shape as written first",
    )
    parser.add_argument("--rounds", type=int, help="how often bare model, seed's shape and ours take turns")
    parser.add_argument("--comments", type=int, help="the backlog")
    parser.add_argument("--rates", type=int, nargs="*", help="comments posted per second")
    parser.add_argument("--seconds", type=float, help="how long each rate is kept up")
    parser.add_argument("--seed", type=int, default=1, help="what is written, and when, is drawn from it")
    parser.add_argument("--ours-only", action="store_true", help="without the seed's shape: for profiles")
    given = parser.parse_args(arguments)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    usual = Options.short() if given.short else Options.full()
    options = Options(
        rounds=given.rounds or usual.rounds,
        comments=given.comments or usual.comments,
        seed_comments=usual.seed_comments,
        rates=usual.rates if given.rates is None else tuple(given.rates),
        seconds=given.seconds or usual.seconds,
        seed=given.seed,
        threads=os.cpu_count() or 1,
        with_seed_shape=not given.ours_only,
        model_texts=usual.model_texts,
        variants=usual.variants,
    )
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        found = asyncio.run(run(options, Path(folder)))
    print(json.dumps(found.summary()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
