"""torchvision's suppression works, whether or not its own operators load."""

import os
import subprocess
import sys
from pathlib import Path

import orjson  # noqa: F401  a library with a compiled part
import torch
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.torch_compat import ensure_torchvision_ops, greedy_nms

ROOT = Path(__file__).resolve().parents[2]
Rows = list[tuple[int, int, int, int, int]]

rows = st.lists(
    st.tuples(*[st.integers(0, 30)] * 2, *[st.integers(1, 20)] * 2, st.integers(0, 1000)), max_size=12
)


def reference(boxes: list[tuple[int, int, int, int]], scores: list[float], threshold: float) -> list[int]:
    """Suppression written out, in whole numbers."""
    kept: list[int] = []
    for candidate in sorted(range(len(boxes)), key=lambda place: -scores[place]):
        x0, y0, x1, y1 = boxes[candidate]
        for other in kept:
            u0, v0, u1, v1 = boxes[other]
            overlap = max(0, min(x1, u1) - max(x0, u0)) * max(0, min(y1, v1) - max(y0, v0))
            union = (x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - overlap
            if overlap / union > threshold:
                break
        else:
            kept.append(candidate)
    return kept


@given(rows)
def test_suppression_keeps_what_the_definition_keeps(found: Rows) -> None:
    boxes = [(x, y, x + width, y + height) for x, y, width, height, _ in found]
    scores = [score / 1000 for *_, score in found]
    kept = greedy_nms(torch.tensor(boxes, dtype=torch.float64).reshape(-1, 4), torch.tensor(scores), 0.45)
    assert kept.dtype == torch.int64
    assert kept.tolist() == reference(boxes, scores, 0.45)


def test_torchvision_suppresses_after_the_call() -> None:
    ensure_torchvision_ops()
    ensure_torchvision_ops()
    from torchvision.ops import batched_nms, nms

    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 10, 10], [20, 20, 30, 30]])
    scores = torch.tensor([0.5, 0.9, 0.1])
    assert nms(boxes, scores, 0.5).tolist() == [1, 2]
    assert batched_nms(boxes, scores, torch.tensor([0, 1, 0]), 0.5).tolist() == [1, 0, 2]


def in_fresh_process(code: str, first_on_path: Path) -> str:
    path = os.pathsep.join((str(first_on_path), str(ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ASK = (
    "import torch; from stages.adapters.torch_compat import ensure_torchvision_ops as ensure;"
    "print(ensure(), hasattr(torch.ops.torchvision, 'nms'))"
)


def test_a_torchvision_whose_operators_load_is_left_alone(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "_C.so").write_bytes(
        Path(str(sys.modules["orjson.orjson"].__file__)).read_bytes()
    )  # any library that loads
    assert in_fresh_process(ASK, tmp_path) == "False False"


def test_a_torchvision_whose_operators_do_not_load_is_mended(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    (package / "ops").mkdir(parents=True)
    for file in (package / "__init__.py", package / "ops" / "__init__.py"):
        file.touch()
    (package / "ops" / "boxes.py").write_text("_assert_has_ops = None\n")
    (package / "_C.so").write_bytes(b"built for another torch")
    assert in_fresh_process(ASK, tmp_path) == "True True"
