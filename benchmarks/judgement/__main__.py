"""`python -m benchmarks.judgement [--texts FILE] [--grocery DIR] [--sprites DIR] [--short]`: see README.md beside."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.judgement.figures import by, confusion, summary
from benchmarks.judgement.judged import Judged, bought, judge, read_texts
from benchmarks.judgement.pictures import draw
from benchmarks.judgement.rates import rates
from benchmarks.judgement.vision import Folders, vision
from stages.adapters.classifier import OWN_MODEL, load_classifier
from stages.training.text.dataset import INTENTS
from stages.training.text.sheets import read_rows

DATA = Path(__file__).parents[2] / "stages" / "training" / "data"
TESTS = {"own": DATA / "test.jsonl", "other author": DATA / "test_other_author.jsonl"}
_SHOWN = 20

console = Console(stderr=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Tables on standard error, one line of JSON on standard output."""
    given = _parser().parse_args(arguments)
    # First, while nothing but the classifier has been loaded: its memory is measured too.
    speed = {} if given.short else rates(_texts(), given.model, given.threads)
    classifier = load_classifier(given.model, given.threads)
    judged = {name: judge(read_rows(path), classifier) for name, path in TESTS.items()}
    report: dict[str, Any] = {
        name.replace(" ", "_"): summary(items, given.threshold) for name, items in judged.items()
    }
    for name, items in judged.items():
        _show(name, items, report[name.replace(" ", "_")])
    if given.texts is not None:
        count, orders = bought(read_texts(given.texts), classifier, given.threshold)
        report["texts"] = {
            "comments": count,
            "orders": len(orders),
            "orders_per_1000": round(1000 * len(orders) / max(1, count), 2),
        }
        for text in orders[:_SHOWN]:
            console.print("order:", text, markup=False, highlight=False)
    if not given.short:
        report["speed"] = speed
        report["pictures"] = [path.name for path in draw(judged, given.out)]
    folders = Folders(given.grocery, given.sprites)
    report["vision"] = vision(folders, given.vision_model, given.threads)
    _show_vision(report["vision"], folders)
    print(json.dumps(report, ensure_ascii=False))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judgement", description=__doc__)
    parser.add_argument(
        "--texts", type=Path, help="JSONL or CSV of chat that sells nothing: what would be ordered?"
    )
    parser.add_argument("--short", action="store_true", help="no timings, no pictures")
    parser.add_argument("--model", type=Path, help="another model folder than the one that comes with us")
    parser.add_argument("--grocery", type=Path, help="folder of catalog pictures and phone photos to match")
    parser.add_argument("--sprites", type=Path, help="folder of sprites to compose the detector's frames of")
    parser.add_argument("--vision-model", type=Path, default=OWN_MODEL.parent / "vision")
    parser.add_argument("--threshold", type=float, default=0.5, help="a buy counts from a score above it")
    parser.add_argument("--threads", type=int, default=2, help="calls of the model at a time")
    parser.add_argument("--out", type=Path, default=Path("judgement"), help="where the pictures go")
    return parser


def _texts() -> list[str]:
    return [row["text"] for path in TESTS.values() for row in read_rows(path)]


def _show(name: str, judged: Sequence[Judged], figures: dict[str, Any]) -> None:
    console.rule(name)
    console.print(figures)
    matrix = Table("is \\ said", *INTENTS, title="confusion")
    for intent, counts in zip(INTENTS, confusion(judged), strict=True):
        matrix.add_row(intent, *map(str, counts))
    console.print(matrix)
    for field in ("language", "hard"):
        table = Table(field, "comments", "accuracy", "false orders", title=f"by {field}")
        for value, count, accuracy, false_orders in by(judged, field):
            table.add_row(value, str(count), f"{accuracy:.3f}", str(false_orders))
        console.print(table)


def _show_vision(figures: dict[str, Any], folders: Folders) -> None:
    for line in folders.missing():
        console.print(line, markup=False, highlight=False)
    for name, found in figures.items():
        if found is not None:
            table = Table("figure", "value", title=f"vision: {name}")
            for figure, value in found.items():
                table.add_row(figure, str(value))
            console.print(table)


if __name__ == "__main__":
    sys.exit(main())
