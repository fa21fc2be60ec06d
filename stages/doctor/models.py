"""Whether the models are there, and whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.finding import Finding
from stages.adapters.classifier import ONNX_FILES, OWN_MODEL
from stages.adapters.models import detector_file
from stages.settings import ShopSettings

HASHES = "SHA256SUMS"
"""Beside a model's files, as `sha256sum * > SHA256SUMS` writes it; ours come with one, others may."""

_OTHERS = ("embedding.onnx", "calibration.json")  # than the detector
_OWN_VISION_MODEL = OWN_MODEL.parent / "vision"


def model_findings(settings: ShopSettings) -> list[Finding]:
    """Of the text model, of our kind or of Hugging Face's (see load_classifier), and the vision model. None is
    loaded."""
    intent = settings.intent_model or OWN_MODEL
    is_foreign = any((*intent.glob("*.safetensors"), *intent.glob("pytorch_model*.bin")))
    vision = settings.vision_model or _OWN_VISION_MODEL
    return [
        _finding("Intent model", intent, ("config.json",) if is_foreign else ONNX_FILES, "INTENT_MODEL"),
        _finding("Vision model", vision, (detector_file(vision).name, *_OTHERS), "VISION_MODEL"),
    ]


def _finding(subject: str, folder: Path, files: tuple[str, ...], setting: str) -> Finding:
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        advice = f"Set {setting} to a folder that has them, or leave it empty and reinstall the package."
        return Finding("error", subject, f"{folder} lacks {', '.join(missing)}. {advice}")
    if changed := list(_changed(folder)):
        words = f"In {folder} {', '.join(changed)} is not what {HASHES} says: fetch it anew, or write {HASHES} anew."
        return Finding("error", subject, words)
    return Finding("ok", subject, f"It lies in {folder}.")


def _changed(folder: Path) -> Iterator[str]:
    if not (folder / HASHES).is_file():
        return
    for line in (folder / HASHES).read_text(encoding="utf-8").splitlines():
        expected, _, name = line.partition("  ")
        file = folder / name.removeprefix("*")
        if not file.is_file() or _sha256(file) != expected.lower():
            yield name


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
