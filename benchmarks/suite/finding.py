"""Finds the benchmarks that have a short form."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_HELP_SECONDS = 60


def benchmarks_in(folder: Path) -> list[str]:
    """The names of all that can be run as `python -m PACKAGE.NAME` below the package in `folder`, sorted."""
    return sorted(_names(folder))


def has_short_form(module: str, root: Path) -> bool:
    """Whether `python -m MODULE --help`, run in `root`, tells of --short. One that can't even say so has one: its
    failure is to be seen."""
    told = subprocess.run(
        [sys.executable, "-m", module, "--help"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=_HELP_SECONDS,
        check=False,
    )
    return "--short" in told.stdout or told.returncode != 0


def _names(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if (path / "__main__.py").is_file():
            yield path.name
        elif (
            path.suffix == ".py"
            and path.stem != "__main__"
            and 'if __name__ == "__main__"' in path.read_text()
        ):
            yield path.stem
