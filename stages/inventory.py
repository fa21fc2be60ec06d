"""The verb `models`: which model files judge, where they lie, what they are made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from stages.adapters.models import MissingModel


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model that the settings name."""

    purpose: str  # "intent" or "vision"
    path: Path
    chosen_by: str  # the setting, or "comes with the package"
    sha256: str
    size: int  # bytes
    made_from: str  # what the folder says of its origin, or ""


def model_files(purpose: str, folder: Path, setting: str, is_set: bool) -> Iterator[ModelFile]:
    """The files of a model folder; MissingModel when there is none."""
    if not folder.is_dir():
        raise MissingModel(f"There is no {purpose} model at {folder}: leave {setting} empty for our own.")
    made_from = _made_from(folder / "config.json")
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".md" and path.name != "SHA256SUMS":
            with path.open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            chosen_by = setting if is_set else "comes with the package"
            yield ModelFile(purpose, path, chosen_by, digest, path.stat().st_size, made_from)


def as_table(files: Iterator[ModelFile]) -> Table:
    """What `tiktoksales models` prints."""
    table = Table("model", "file", "chosen by", "size", "SHA-256", "made from")
    last = ""
    for file in files:
        origin = file.made_from if file.purpose != last else ""
        size = f"{file.size / 1e6:.1f} MB"
        table.add_row(file.purpose, str(file.path), file.chosen_by, size, file.sha256[:16], origin)
        last = file.purpose
    return table


def _made_from(config: Path) -> str:
    if not config.is_file():
        return ""
    origin = json.loads(config.read_text(encoding="utf-8")).get("made_from", {})
    return ", ".join(f"{name} {_short(value)}" for name, value in origin.items())


def _short(value: object) -> str:
    return str(value)[:16] if isinstance(value, str) else str(value)
