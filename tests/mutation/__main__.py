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

from tests.mutation.judging import Court, Verdict, load_libraries
from tests.mutation.lent import servers
from tests.mutation.mutant import Mutant
from tests.mutation.script_mutants import script_mutants
from tests.mutation.survivors import explained
from tests.mutation.targets import TARGETS, Target


def main(arguments: Sequence[str]) -> int:
    """Returns 1 where a mutant survives that is not explained in survivors.toml."""
    names = {target.name: target for target in TARGETS}
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(names)}; without: all")
    parser.add_argument(
        "--sample", type=int, metavar="N", help="judge N of each target's mutants, the same ones each time"
    )
    chosen = parser.parse_args(arguments)
    load_libraries()
    unexplained = sum(judged(names[name], chosen.sample) for name in chosen.targets or names)
    return int(unexplained > 0)


def judged(target: Target, sample: int | None) -> int:
    """How many of the target's mutants survive unexplained. What was found is printed, with the explanations that
    are needed no more."""
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
        counts: Counter[Verdict] = Counter()
        survivors: list[Mutant] = []
        for mutant in mutants:
            verdict = court.judge(mutant)
            counts[verdict] += 1
            if verdict == "survived":
                survivors.append(mutant)
                print(f"{'explained' if mutant.key in known else 'SURVIVED'} {mutant}", flush=True)
    if sample is None:
        files = {str(file) for file in target.sources(root)}
        for file, was, became in known.keys() - {mutant.key for mutant in survivors}:
            if file in files:
                print(
                    f"survivors.toml explains what survives no more: {file}\n    - {was}\n    + {became}",
                    flush=True,
                )
    unexplained = sum(mutant.key not in known for mutant in survivors)
    print(said(target.name, len(mutants), len(survivors), unexplained, counts["timed out"]), flush=True)
    return unexplained


def said(name: str, mutants: int, survived: int, unexplained: int, by_the_clock: int) -> str:
    """The sums: of all mutants, and of those that are not explained.

    >>> said("codec", 44, 7, 0, 1)
    'codec: 84.1 % of 44 killed (1 by the clock), 7 survived; 100.0 % without the 7 that are explained'
    """
    killed = mutants - survived
    of_all, of_the_others = 100 * killed / mutants, 100 * killed / max(1, killed + unexplained)
    return (
        f"{name}: {of_all:.1f} % of {mutants} killed ({by_the_clock} by the clock), {survived} survived; "
        f"{of_the_others:.1f} % without the {survived - unexplained} that are explained"
    )


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
