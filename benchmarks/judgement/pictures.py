"""The precision-recall curve and the reliability diagram, as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.judgement.figures import precision_recall, reliability
from benchmarks.judgement.judged import Judged


def draw(judged: Mapping[str, Sequence[Judged]], folder: Path) -> list[Path]:
    """Write `precision_recall.png` and `reliability.png`; each test set is one line."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    curve, diagram = Figure(figsize=(6, 5)), Figure(figsize=(6, 5))
    left, right = curve.add_subplot(), diagram.add_subplot()
    right.plot([0, 1], [0, 1], linestyle=":", color="grey", label="honest")
    for name, items in judged.items():
        points = precision_recall(items)
        left.plot([recall for _, _, recall in points], [precision for _, precision, _ in points], label=name)
        bins = reliability(items)
        right.plot([score for score, _, _ in bins], [share for _, share, _ in bins], marker="o", label=name)
    left.set(xlabel="recall of buys", ylabel="precision of buys", xlim=(0, 1), ylim=(0.5, 1.01))
    right.set(xlabel="score", ylabel="share that is right", xlim=(0, 1), ylim=(0, 1.01))
    written = []
    for axes, figure, name in ((left, curve, "precision_recall"), (right, diagram, "reliability")):
        axes.legend(loc="lower left" if axes is left else "upper left")
        axes.grid(alpha=0.3)
        figure.savefig(folder / f"{name}.png", dpi=120)
        written.append(folder / f"{name}.png")
    return written
