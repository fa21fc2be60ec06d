"""`python -m tests.mutation [TARGET ...]`: change what must never be wrong, and see whether a test notices."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.mutation.judging import Court, load_libraries
from tests.mutation.lent import servers
from tests.mutation.mutant import Mutant
from tests.mutation.script_mutants import script_mutants
from tests.mutation.survivors import explained
from tests.mutation.targets import TARGETS, Target

GOAL_PERCENT = 85.0


def main(arguments: Sequence[str]) -> int:
    """Returns 1 where a target misses the goal, or a survivor is not explained in survivors.toml."""
    names = {target.name: target for target in TARGETS}
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(names)}; without: all")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="judge N of each target's mutants, the same ones each time"
    )
    chosen = parser.parse_args(arguments)
    load_libraries()
    verdicts = [judged(names[name], chosen.sample) for name in chosen.targets or names]
    return int(not all(verdicts))


def judged(target: Target, sample: int | None) -> bool:
    """Whether the target's tests are trustworthy; what was found is printed."""
    root, known = Path.cwd(), explained()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mutation-")))
        lent = servers(target.needs, folder, stack)
        court = Court(root, folder / "checkout", target.tests, lent)
        took = court.rehearse()
        mutants = list(mutants_of(target, root))
        if sample is not None and sample < len(mutants):
            mutants = random.Random(0).sample(mutants, sample)
        print(f"{target.name}: {len(mutants)} mutants, tests take {took:.1f} s", flush=True)
        counts: Counter[str] = Counter()
        unexplained = 0
        for mutant in mutants:
            verdict = court.judge(mutant)
            counts[verdict] += 1
            if verdict == "survived":
                unexplained += mutant.key not in known
                print(f"{'explained' if mutant.key in known else 'SURVIVED'} {mutant}", flush=True)
    percent = 100 * (len(mutants) - counts["survived"]) / len(mutants)
    print(f"{target.name}: {percent:.1f} % of {len(mutants)} killed ({counts['timed out']} by the clock), "
          f"{counts['survived']} survived, {unexplained} of them unexplained", flush=True)  # fmt: skip
    return percent >= GOAL_PERCENT and not unexplained


def mutants_of(target: Target, root: Path) -> Iterator[Mutant]:
    """The mutants of all of the target's files."""
    from tests.mutation.python_mutants import python_mutants

    seen: set[tuple[object, ...]] = set()
    for file in target.sources(root):
        make = python_mutants if file.suffix == ".py" else script_mutants
        for mutant in make(file):
            if (mutant.file, mutant.text) not in seen:
                seen.add((mutant.file, mutant.text))
                yield mutant


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
