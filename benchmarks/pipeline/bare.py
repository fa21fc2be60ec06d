"""The intent model alone, the whole network for each text, on all cores: no stream, no database. Prints comments per
second as JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from stages.adapters.classifier import ONNX_FILES, OWN_MODEL, OnnxClassifier

BATCHES = (8, 16, 32, 64)


def best_rate(texts: Sequence[str], threads: int) -> dict[int, float]:
    """Comments per second by the size of the model's calls, with so many calls at a time."""
    return {batch: _rate(texts, batch, threads) for batch in BATCHES}


def _rate(texts: Sequence[str], batch: int, threads: int) -> float:
    with tempfile.TemporaryDirectory(prefix="bare-") as folder:
        for name in ONNX_FILES:
            (Path(folder) / name).symlink_to(OWN_MODEL / name)
        config = json.loads((OWN_MODEL / "config.json").read_text(encoding="utf-8"))
        (Path(folder) / "config.json").unlink()
        (Path(folder) / "config.json").write_text(json.dumps({**config, "batch": batch}))
        classifier = OnnxClassifier(Path(folder), threads)
        classifier.classify(texts[: 4 * batch])
        began = time.perf_counter()
        classifier.classify(texts)
        return len(texts) / (time.perf_counter() - began)


def main() -> None:
    """Read texts, one JSON list, from standard input; the argument is how many calls at a time."""
    print(json.dumps(best_rate(json.load(sys.stdin), int(sys.argv[1]))))


if __name__ == "__main__":
    main()
