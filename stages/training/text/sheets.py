"""Authors' sheets of labelled comments (TSV) as rows of the training data (JSONL).

A line `## en` sets the language of what follows, `# hard: NAME` the kind of hard case (`# hard: -` ends
it); every other line is intent, text and, for buys that state them, slots ("q=2 c=A12 v=blue / M"),
parted by tabs. `python -m stages.training.text.sheets NAME=FILE ...` writes `comments.jsonl` and `dev.jsonl`.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from stages.training.text.dataset import INTENTS
from stages.training.text.near_duplicates import NearDuplicates

DATA = Path(__file__).parents[1] / "data"
DEV_SHARE = 0.09
SEED = 7

Row = dict[str, Any]  # text, intent, language, author and, where given, hard, quantity, variant, code

_SLOTS = re.compile(r"(?:q=(?P<quantity>\d+))? ?(?:c=(?P<code>[A-Z0-9]+))? ?(?:v=(?P<variant>.+))?")


def read_sheet(lines: Iterable[str], author: str) -> Iterator[Row]:
    """The rows of one sheet; ValueError names a line that is none."""
    language = hard = None
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\n")
        if line.startswith("## "):
            language, hard = line[3:].strip(), None
        elif line.startswith("# hard: "):
            hard = None if line[8:].strip() == "-" else line[8:].strip()
        elif line:
            yield _row(line.split("\t"), language, hard, author, number)


def _row(fields: list[str], language: str | None, hard: str | None, author: str, number: int) -> Row:
    if len(fields) not in (2, 3) or fields[0] not in INTENTS or language is None:
        raise ValueError(f"{author}, line {number}: give an intent, a text and slots, after a `## language`.")
    row: Row = {"text": fields[1], "intent": fields[0], "language": language, "author": author}
    if hard:
        row["hard"] = hard
    slots = _SLOTS.fullmatch(fields[2].strip() if len(fields) == 3 else "")
    if slots is None:
        raise ValueError(f"{author}, line {number}: {fields[2]!r} is not of the form `q=2 c=A12 v=blue / M`.")
    row |= {name: value for name, value in slots.groupdict().items() if value}
    if "quantity" in row:
        row["quantity"] = int(row["quantity"])
    return row


def split(rows: Sequence[Row], share: float, random: Random) -> tuple[list[Row], list[Row]]:
    """(to learn from, for development): about `share` of each author, language and intent goes to the second.

    Comments that nearly repeat one another stay on one side, and so does each author's run of like
    lines: what is held out is runs of five neighbours, since authors vary a thought over a few lines.
    """
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["author"], row["language"], row["intent"], row.get("hard", "")), []).append(
            row
        )
    taught: list[Row] = []
    held: list[Row] = []
    for group in groups.values():
        for start in range(0, len(group), 5):
            run = group[start : start + 5]
            (held if random.random() < share else taught).extend(run)
    known = NearDuplicates(row["text"] for row in taught)
    repeats = [row for row in held if known.of(row["text"]) is not None]
    return taught + repeats, [row for row in held if known.of(row["text"]) is None]


def without_repeats(rows: Sequence[Row], kept_apart: Sequence[Row]) -> list[Row]:
    """`rows` without exact repeats and without near-duplicates of `kept_apart` (the test comments)."""
    apart = NearDuplicates(row["text"] for row in kept_apart)
    seen: dict[str, Row] = {}
    for row in rows:
        if apart.of(row["text"]) is None:
            seen.setdefault(row["text"].casefold().strip(), row)
    return list(seen.values())


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """One row a line."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text(text, encoding="utf-8")


def main(sheets: Sequence[str]) -> None:
    """Split the sheets' new comments and add them; those that are there stay on their side."""
    taught, held = read_rows(DATA / "comments.jsonl"), read_rows(DATA / "dev.jsonl")
    tests = [row for file in sorted(DATA.glob("test*.jsonl")) for row in read_rows(file)]
    for sheet in sheets:
        author, _, file_name = sheet.partition("=")
        lines = Path(file_name).read_text(encoding="utf-8").splitlines()
        new = without_repeats(list(read_sheet(lines, author)), tests)
        known = NearDuplicates(row["text"] for row in taught)
        more, more_held = split(new, DEV_SHARE, Random(SEED))
        taught += more
        held += [row for row in more_held if known.of(row["text"]) is None]
    apart = NearDuplicates(row["text"] for row in held)
    taught = [row for row in without_repeats(taught, tests) if apart.of(row["text"]) is None]
    write_rows(DATA / "comments.jsonl", taught)
    write_rows(DATA / "dev.jsonl", held)
    sys.stdout.write(f"{len(taught)} comments to learn from, {len(held)} for development\n")


if __name__ == "__main__":
    main(sys.argv[1:])
