"""Which file a model is, and what is said when it isn't there."""

from pathlib import Path

from stages.mendable import Mendable


class MissingModel(Mendable):
    """A model's file isn't where the settings say; the message says what to install or set."""


def detector_file(folder: Path) -> Path:
    """detector.onnx in the folder of a vision model; detector.pt, in ultralytics' own format, where only that is."""
    own = folder / "detector.pt"
    exported = folder / "detector.onnx"
    return own if own.is_file() and not exported.is_file() else exported


def missing_detector(file: Path) -> MissingModel:
    """What is raised where `file` isn't there."""
    return MissingModel(
        f"There is no product detector at {file}. Install the package with its models, train one "
        "with `python -m stages.training.detector`, or set VISION_MODEL to a folder "
        "that has detector.onnx or detector.pt."
    )
