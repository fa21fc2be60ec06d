"""How well products are found and matched: phone photos of products that no model saw, and composed frames."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEST_FRAMES = 400


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the pictures lie that vision is judged by; None where there are none. See stages/training/grocery.py and
    stages/training/sprites.py for what they hold."""

    grocery: Path | None = None
    sprites: Path | None = None

    def missing(self) -> Iterator[str]:
        """A sentence for each table that can't be made."""
        if self.grocery is None:
            yield "No matching figures: name the folder of catalog pictures and phone photos with --grocery."
        if self.grocery is None or self.sprites is None:
            lacks = [name for name in ("grocery", "sprites") if getattr(self, name) is None]
            options = " and ".join(f"--{name}" for name in lacks)
            yield f"No detector figures: the test frames are composed of both folders; name {options}."


def vision(folders: Folders, models: Path, threads: int) -> dict[str, Any]:
    """{"matching", "detector"}: each its figures, or None where the folders for it are missing."""
    grocery, sprites = folders.grocery, folders.sprites
    return {
        "matching": matching(grocery, models, threads) if grocery else None,
        "detector": detection(sprites, grocery, models, threads) if grocery and sprites else None,
    }


def matching(grocery: Path, models: Path, threads: int) -> dict[str, float]:
    """Every photo of the held-out products alone, once against all of them and once without the product it shows: see
    `stages.training.vision_calibration.judge`; and how many products and photos these are."""
    from stages.adapters.evidence import Calibration
    from stages.adapters.matcher import Matcher
    from stages.training.grocery import grocery_parts
    from stages.training.vision_calibration import grocery_shelf, judge, whole_catalog

    held_out = grocery_parts(grocery).test
    shelf = grocery_shelf(held_out, Matcher.from_folder(models, threads=threads))
    figures = judge(whole_catalog(shelf), Calibration.from_file(models / "calibration.json"))
    del figures["episodes"]
    return {"products": len(held_out), "photos": sum(len(one.photos) for one in held_out), **figures}


def detection(sprites: Path, grocery: Path, models: Path, threads: int) -> dict[str, float]:
    """The figures that the training command prints, on frames composed anew of what was held out from training."""
    from stages.adapters.offline_ultralytics import load_yolo
    from stages.training.detector import measure, place_font, write_dataset

    with tempfile.TemporaryDirectory() as work:
        options = Namespace(
            frames=0, test_frames=TEST_FRAMES, threads=threads, sprites=sprites, grocery=grocery
        )
        data = write_dataset(Path(work), options)
        load_yolo(threads)  # keeps ultralytics offline, before anybody imports it
        place_font()
        return {"frames": TEST_FRAMES, **measure(models / "detector.onnx", data, options)}
