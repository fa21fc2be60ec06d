"""Finds where in a frame something is offered: one class, "product"."""

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from PIL import Image

from stages.adapters.models import MissingModel
from stages.adapters.offline_ultralytics import load_yolo
from stages.adapters.regions import Box

SIDE = 256
"""Pixels of the longer side at which frames are searched; what the weights were trained for."""


class Detector:
    """An ultralytics detector on weights of ours (or a user's own: a `.pt` or `.onnx` file).

    A `.pt` file is a pickle: name only files you trust. Calls from several threads take turns.
    """

    def __init__(
        self, weights: Path, *, threads: int = 2, confidence: float = 0.05, limit: int = 6, side: int = SIDE
    ) -> None:
        """Load `weights`; boxes below `confidence` and beyond the `limit` surest are left out.

        The default is low on purpose: a needless region costs one embedding, a missed product the sale.

        Raises MissingModel when the file isn't there (ultralytics would try to download it).
        """
        if not weights.is_file():
            raise MissingModel(
                f"There is no product detector at {weights}. Install the package with its models, train one "
                "with `python -m stages.training.detector`, or set VISION_MODEL to a folder "
                "that has detector.pt."
            )
        self._model = load_yolo(threads)(str(weights), task="detect")
        self._confidence, self._limit, self._side = confidence, limit, side
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
                imgsz=self._side,
                conf=self._confidence,
                max_det=self._limit,
                device="cpu",
                verbose=False,
                save=False,
            )
        return _boxes(results[0])


def _boxes(result: object) -> list[Box]:
    rows = result.boxes.data.tolist()  # type: ignore[attr-defined]  # x0, y0, x1, y1, score, class
    boxes = [Box(*row[:5]) for row in rows if row[2] > row[0] and row[3] > row[1]]
    return sorted(boxes, key=lambda box: -box.score)
