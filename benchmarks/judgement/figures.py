"""Figures of judged comments: F1, precision, calibration, slots, by language and by hard case."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.judgement.judged import Judged
from stages.adapters.slots import parse_slots
from stages.training.text.calibration import macro_f1
from stages.training.text.dataset import INTENTS
from stages.training.text.figures import calibration_error

SLOTS = ("quantity", "variant", "code")


def summary(judged: Sequence[Judged], threshold: float) -> dict[str, Any]:
    """The figures that the project is held to; a buy counts from a score above `threshold`."""
    english = [item for item in judged if item.row["language"] == "en"]
    others = [item for item in judged if item.row["language"] != "en"]
    ordered = [item for item in judged if item.is_bought(threshold)]
    buys = [item for item in judged if item.gold == "buy"]
    idle = [item for item in judged if item.gold == "none"]
    hits = sum(item.gold == "buy" for item in ordered)
    return {
        "comments": len(judged),
        "macro_f1": _f1(judged),
        "macro_f1_english": _f1(english),
        "macro_f1_others": _f1(others),
        "buy_precision": _share(hits, len(ordered)),
        "buy_recall": _share(hits, len(buys)),
        "ece": round(calibration_error([i.score for i in judged], [i.is_right for i in judged]), 4),
        "false_orders_per_1000_none": round(
            1000 * _share(sum(i.is_bought(threshold) for i in idle), len(idle)), 1
        ),
        **{f"slot_{name}": share for name, share in slots(judged).items()},
    }


def slots(judged: Sequence[Judged]) -> Mapping[str, float]:
    """Share of the gold buys with each slot exactly as labelled, also where nothing is stated."""
    buys = [item.row for item in judged if item.gold == "buy"]
    read = [parse_slots(row["text"]) for row in buys]
    return {
        name: _share(
            sum(getattr(said, name) == row.get(name) for row, said in zip(buys, read, strict=True)), len(buys)
        )
        for name in SLOTS
    }


def confusion(judged: Sequence[Judged]) -> list[list[int]]:
    """Rows: what it is; columns: what was said; both in the order of INTENTS."""
    counts = Counter((item.gold, item.answer) for item in judged)
    return [[counts[gold, said] for said in INTENTS] for gold in INTENTS]


def by(judged: Sequence[Judged], field: str) -> list[tuple[str, int, float, int]]:
    """(value of the field, comments, accuracy, false orders at 0.5) for each value, sorted."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for item in judged:
        groups[str(item.row.get(field, "-"))].append(item)
    return [
        (
            name,
            len(group),
            _share(sum(item.is_right for item in group), len(group)),
            sum(item.is_bought(0.5) and item.gold != "buy" for item in group),
        )
        for name, group in sorted(groups.items())
    ]


def precision_recall(judged: Sequence[Judged]) -> list[tuple[float, float, float]]:
    """(threshold, precision, recall) of buys, threshold by threshold of the scores given, from the highest."""
    named = sorted((item for item in judged if item.answer == "buy"), key=lambda item: -item.score)
    buys = sum(item.gold == "buy" for item in judged)
    points, hits = [], 0
    for place, item in enumerate(named, start=1):
        hits += item.gold == "buy"
        points.append((item.score, hits / place, _share(hits, buys)))
    return points


def reliability(judged: Sequence[Judged], bins: int = 10) -> list[tuple[float, float, int]]:
    """(mean score, accuracy, comments) of each bin that holds any."""
    groups: dict[int, list[Judged]] = defaultdict(list)
    for item in judged:
        groups[min(bins - 1, int(item.score * bins))].append(item)
    return [
        (
            sum(item.score for item in group) / len(group),
            _share(sum(item.is_right for item in group), len(group)),
            len(group),
        )
        for _, group in sorted(groups.items())
    ]


def _f1(judged: Sequence[Judged]) -> float:
    if not judged:
        return 0.0
    return round(macro_f1([item.answer for item in judged], [item.gold for item in judged]), 4)


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
