"""The product detector that ships with the product, and its manners."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.adapters.detector import Detector
from stages.adapters.models import MissingModel
from stages.adapters.regions import Box, fixed_windows, square_crop

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "stages" / "models" / "vision" / "detector.pt"
PRODUCT = (110, 120, 210, 260)


def scene(product: Sequence[int] | None = PRODUCT) -> Image.Image:
    """A room with or without a labelled carton held into it."""
    frame = Image.new("RGB", (320, 320), (196, 188, 176))
    draw = ImageDraw.Draw(frame)
    draw.rectangle((0, 230, 320, 320), fill=(120, 100, 90))
    if product:
        x0, y0, x1, y1 = product
        draw.line(((x0 + x1) // 2, y1 - 20, 200, 330), fill=(222, 170, 130), width=34)
        draw.rounded_rectangle(tuple(product), radius=8, fill=(30, 110, 70))
        draw.rounded_rectangle((x0 + 15, y0 + 40, x1 - 15, y1 - 40), radius=6, fill=(250, 240, 120))
        draw.text((x0 + 32, y0 + 62), "KOPI", fill=(120, 20, 20))
    grain = np.random.default_rng(0).normal(0, 5, (320, 320, 3))
    return Image.fromarray(np.clip(np.asarray(frame) + grain, 0, 255).astype(np.uint8))


def overlap(box: Box, other: Sequence[int]) -> float:
    """Intersection over union."""
    width = max(0.0, min(box.x1, other[2]) - max(box.x0, other[0]))
    height = max(0.0, min(box.y1, other[3]) - max(box.y0, other[1]))
    both = (box.x1 - box.x0) * (box.y1 - box.y0) + (other[2] - other[0]) * (other[3] - other[1])
    return width * height / (both - width * height)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(WEIGHTS)


def test_a_product_held_to_the_camera_is_framed(detector: Detector) -> None:
    found = detector.regions([scene()])[0]
    assert max(overlap(box, PRODUCT) for box in found) > 0.5
    assert [box.score for box in found] == sorted((box.score for box in found), reverse=True)


def test_boxes_are_in_the_pixels_of_each_frame(detector: Detector) -> None:
    frame = scene()
    for size in ((320, 320), (960, 960), (200, 200)):
        best = max(detector.regions([frame.resize(size)])[0], key=lambda box: box.score)
        assert overlap(best, [side * size[0] // 320 for side in PRODUCT]) > 0.5


def test_frames_are_answered_in_order_whatever_their_shape(detector: Detector) -> None:
    tall, wide = Image.new("RGB", (180, 320)), Image.new("RGB", (640, 360))
    answers = detector.regions([tall, scene(), wide])
    assert len(answers) == 3
    assert any(overlap(box, PRODUCT) > 0.5 for box in answers[1])
    assert detector.regions([]) == []


def test_threads_may_share_a_detector(detector: Detector) -> None:
    frames = [scene((x, 90, x + 90, 220)) for x in (20, 110, 200)]
    alone = [detector.regions([frame]) for frame in frames]
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda frame: detector.regions([frame]), frames)) == alone


def test_missing_weights_say_what_to_do_and_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(
        MissingModel, match=r"no product detector at .*yolo11n\.pt.*stages\.training\.detector"
    ):
        Detector(tmp_path / "yolo11n.pt")


def test_the_weights_fit_into_git() -> None:
    assert WEIGHTS.stat().st_size < 12_000_000


LOOK = """
import socket, sys
def refuse(*_, **__):
    raise SystemExit("it asked the network")
socket.getaddrinfo = socket.create_connection = refuse
socket.socket.connect = refuse
from pathlib import Path
from PIL import Image
from stages.adapters.matcher import Matcher
assert "torch" not in sys.modules, "torch was loaded before anybody wanted a detector"
matcher = Matcher.from_folder(Path(sys.argv[1]))
matcher.describe(Image.new("RGB", (64, 64)))
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
print([name for name in loaded if "libGL" in name or "libEGL" in name])
"""


def test_looking_needs_no_network_no_libgl_and_writes_no_file(tmp_path: Path) -> None:
    home, work, scratch = (tmp_path / name for name in ("home", "work", "tmp"))
    for folder in (home, work, scratch):
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO", "XDG", "OMP"))}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(WEIGHTS.parent)],
        env={
            **kept,
            "HOME": str(home),
            "TMPDIR": str(scratch),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        cwd=work,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", "standard output is the caller's, and libGL isn't everywhere"
    assert [path for folder in (home, work, scratch) for path in folder.rglob("*")] == []


def test_opencv_is_the_headless_build() -> None:
    installed = {
        name.lower() for dist in importlib.metadata.distributions() if (name := dist.metadata["Name"])
    }
    assert "opencv-python-headless" in installed
    assert not installed & {"opencv-python", "opencv-contrib-python"}


def test_windows_begin_with_the_whole_frame_and_stay_inside() -> None:
    windows = fixed_windows(180, 320)
    assert windows[0] == Box(0, 0, 180, 320)
    assert all(0 <= box.x0 < box.x1 <= 180 and 0 <= box.y0 < box.y1 <= 320 for box in windows)


@pytest.mark.parametrize(
    ("box", "size"),
    [
        (Box(100, 100, 150, 200), (112, 112)),
        (Box(0, 0, 50, 100), (112, 112)),
        (Box(0, 0, 320, 320), (320, 320)),
        (Box(-20, 300, 400, 310), (320, 320)),
        (Box(319.6, 319.6, 319.9, 319.9), (1, 1)),
    ],
)
def test_a_crop_is_square_and_inside_the_frame(box: Box, size: tuple[int, int]) -> None:
    assert square_crop(scene(), box).size == size
