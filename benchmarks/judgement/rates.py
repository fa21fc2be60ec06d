"""How fast comments are judged, and what the model takes to get ready."""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from pathlib import Path

from stages.adapters.classifier import Classifier, load_classifier

_SECONDS = 3.0
BATCH = 64


def rates(texts: Sequence[str], folder: Path | None, threads: int) -> dict[str, float]:
    """Seconds until the first answer, comments/s at batch 64, milliseconds at batch 1, peak memory in MB
    of this process. Timings on a busy machine are too low."""
    start = time.perf_counter()
    classifier = load_classifier(folder, threads)
    classifier.classify(["ready"])
    ready = time.perf_counter() - start
    single = min(_seconds(classifier, texts[place : place + 1]) for place in range(min(50, len(texts))))
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < _SECONDS:
        for place in range(0, len(texts), BATCH):
            classifier.classify(texts[place : place + BATCH])
        count += len(texts)
    return {
        "ready_s": round(ready, 2),
        "comments_per_s": round(count / (time.perf_counter() - begun)),
        "batch_1_ms": round(1000 * single, 2),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "threads": threads,
    }


def _seconds(classifier: Classifier, texts: Sequence[str]) -> float:
    start = time.perf_counter()
    classifier.classify(texts)
    return time.perf_counter() - start
