"""A user's own detector, in ultralytics' own format."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from PIL import Image

from stages.adapters.detector import CONFIDENCE, MOST_BOXES, SIDE
from stages.adapters.models import missing_detector
from stages.adapters.offline_ultralytics import load_yolo
from stages.adapters.regions import Box


class UltralyticsDetector:
    """An ultralytics detector on torch: `detector.Detector` looks five times as fast at the same weights as ONNX.

    A `.pt` file is a pickle: name only files you trust. Calls from several threads take turns.
    """

    def __init__(self, weights: Path, *, threads: int = 2) -> None:
        """Load `weights`. Raises MissingModel when the file isn't there (ultralytics would try to download it)."""
        if not weights.is_file():
            raise missing_detector(weights)
        self._model = load_yolo(threads)(str(weights), task="detect")
        self._turn = Lock()

    def regions(self, images: Sequence[Image.Image]) -> list[list[Box]]:
        """The boxes found in each image, surest first; an empty list where there is nothing."""
        # One at a time: in a batch of mixed shapes each is padded to a square, which shifts its boxes a
        # little, and on the CPU a batch is no faster.
        return [self._look(image) for image in images]

    def _look(self, image: Image.Image) -> list[Box]:
        with self._turn:
            results = self._model.predict(
                image.convert("RGB"),
                imgsz=SIDE,
                conf=CONFIDENCE,
                agnostic_nms=True,
                max_det=MOST_BOXES,
                device="cpu",
                verbose=False,
                save=False,
            )
        return _boxes(results[0])


def _boxes(result: object) -> list[Box]:
    rows = result.boxes.data.tolist()  # type: ignore[attr-defined]  # x0, y0, x1, y1, score, class
    boxes = [Box(*row[:5]) for row in rows if row[2] > row[0] and row[3] > row[1]]
    return sorted(boxes, key=lambda box: -box.score)
