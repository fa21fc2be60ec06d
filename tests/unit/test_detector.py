"""The product detector that ships with the product, and its manners."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.adapters.detector import MOST_BOXES, SIDE, Detector, candidates, surest
from stages.adapters.models import MissingModel
from stages.adapters.offline_ultralytics import load_yolo
from stages.adapters.regions import Box, fixed_windows, square_crop, worth_a_look
from stages.adapters.resizing import pixels
from stages.adapters.ultralytics_detector import UltralyticsDetector

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "stages" / "models" / "vision" / "detector.onnx"
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


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector of ultralytics' own kind that has learned nothing, and finds something everywhere."""
    import torch

    torch.manual_seed(0)
    yolo = load_yolo(1)("yolo11n.yaml", task="detect")
    for branch in yolo.model.model[-1].cv3:
        torch.nn.init.normal_(branch[-1].weight, std=500)
        torch.nn.init.zeros_(branch[-1].bias)
    weights = tmp_path_factory.mktemp("own") / "detector.pt"
    yolo.save(weights)
    return weights


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # torch's, of its exporter
def test_a_user_s_own_weights_see_what_their_export_sees(own: Path) -> None:
    exported = Path(load_yolo(1)(str(own)).export(format="onnx", imgsz=SIDE, dynamic=True, simplify=False))
    frames = [scene(), scene(None).resize((240, 320)), scene().resize((640, 360))]
    theirs, same = UltralyticsDetector(own).regions(frames), Detector(exported).regions(frames)
    for there, here in zip(theirs, same, strict=True):
        assert len(here) == len(there) == MOST_BOXES
        assert astuple(here[0]) == pytest.approx(astuple(there[0]), abs=0.05)


def test_boxes_a_network_has_suppressed_itself_are_taken() -> None:
    found = np.asarray([(10, 20, 30, 40, 0.9, 3), (5, 5, 5, 9, 0.8, 0), (1, 1, 9, 9, 0.01, 0)], np.float32)
    assert candidates(found).tolist() == [[10, 20, 30, 40, pytest.approx(0.9)]]


def test_the_surest_of_boxes_that_frame_the_same_is_kept() -> None:
    rows = [(0, 0, 10, 10, 0.5), (0, 0, 10, 11, 0.9), (0, 0, 10, 20, 0.4), (50, 50, 60, 60, 0.6)]
    kept = surest(np.asarray(rows, np.float32))
    assert kept[:, 4] == pytest.approx([0.9, 0.6, 0.4])
    many = [(20 * at, 0, 20 * at + 10, 10, 0.1 + at / 20) for at in range(10)]
    assert len(surest(np.asarray(many, np.float32))) == MOST_BOXES
    assert surest(np.zeros((0, 5), np.float32)).shape == (0, 5)


def test_missing_weights_say_what_to_do_and_nothing_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(
        MissingModel, match=r"no product detector at .*yolo11n\.onnx.*stages\.training\.detector"
    ):
        Detector(tmp_path / "yolo11n.onnx")


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
matcher = Matcher.from_folder(Path(sys.argv[1]))
matcher.describe(Image.new("RGB", (64, 64)))
print("torch" in sys.modules)
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
print([name for name in loaded if "libGL" in name or "libEGL" in name])
"""


@pytest.mark.parametrize("weights", ["detector.onnx", "detector.pt"])
def test_looking_needs_no_network_no_libgl_and_writes_no_file(
    own: Path, tmp_path: Path, weights: str
) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / weights).symlink_to(own if weights == "detector.pt" else WEIGHTS)
    for name in ("embedding.onnx", "calibration.json"):
        (models / name).symlink_to(WEIGHTS.parent / name)
    home, work, scratch = (tmp_path / name for name in ("home", "work", "tmp"))
    for folder in (home, work, scratch):
        folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("YOLO", "XDG", "OMP"))}
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(models)],
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
    torch = weights == "detector.pt"  # ours needs none
    assert done.stdout == f"{torch}\n[]\n", "standard output is the caller's, and libGL isn't everywhere"
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


def test_a_box_that_is_looked_at_already_is_not_looked_at_again() -> None:
    windows = fixed_windows(320, 320)
    product, other = Box(100, 100, 150, 200, 0.9), Box(20, 20, 60, 60, 0.8)
    nearly = Box(102, 98, 152, 200, 0.7)
    whole = Box(4, 0, 318, 320, 0.6)
    assert worth_a_look([product, other, nearly, whole], 320, 320) == [*windows, product, other]


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
    assert square_crop(pixels(scene()), box).shape == (size[1], size[0], 3)
