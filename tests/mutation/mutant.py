"""One small change to the source, which some test ought to notice."""

from __future__ import annotations

from difflib import ndiff
from pathlib import Path
from typing import NamedTuple


class Mutant(NamedTuple):
    """`text` is the whole of `file` (relative to the checkout) with the change; `was` and `became` are the lines that
    differ, each run of white space as one blank."""

    file: Path
    line: int
    was: str
    became: str
    text: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same when other lines of the file change."""
        return str(self.file), self.was, self.became

    def __str__(self) -> str:
        return f"{self.file}:{self.line}\n    - {self.was}\n    + {self.became}"


def mutant(file: Path, original: str, text: str) -> Mutant:
    """The mutant of `file` that reads `text` instead of `original`."""
    was: list[str] = []
    became: list[str] = []
    line = first = 0
    for each in ndiff(original.splitlines(), text.splitlines()):
        kind, content = each[:2], " ".join(each[2:].split())
        line += kind in ("  ", "- ")
        if kind == "- ":
            first = first or line
            was.append(content)
        elif kind == "+ ":
            first = first or line + 1
            became.append(content)
    return Mutant(file, first, " ".join(was), " ".join(became), text)
