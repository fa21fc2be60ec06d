"""What looks at the streams: models, catalogs and frames, put together from the settings."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from pathlib import Path

from stages.adapters.frames import FrameStore
from stages.adapters.matcher import Matcher
from stages.adapters.pictures import PictureStore
from stages.adapters.shelf import Listings, Shelves
from stages.adapters.sight import Sight
from stages.settings import ShopSettings, require


def load_matcher(settings: ShopSettings) -> Matcher:
    """The vision models alone. Raises MissingModel."""
    return Matcher.from_folder(vision_folder(settings), threads=settings.model_threads)


def vision_folder(settings: ShopSettings) -> Path:
    """Where the vision models lie."""
    return settings.vision_model or Path(str(files("stages") / "models" / "vision"))


def fingerprint(file: Path) -> str:
    """The first 16 digits of a file's SHA-256: names a version of a model."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()[:16]


def shelves_of(settings: ShopSettings, listings: Listings, matcher: Matcher) -> Shelves:
    """The catalogs, ready to be recognised. Raises MissingSetting."""
    require(settings, catalog_url="where the products' pictures lie")
    return Shelves(
        listings,
        PictureStore(settings.catalog_url),
        matcher,
        model=fingerprint(vision_folder(settings) / "embedding.onnx"),
        clock=time.monotonic,
    )


def frames_of(settings: ShopSettings) -> FrameStore:
    """The frame store, which its user closes. Raises MissingSetting."""
    require(settings, frames_url="where the frames of the streams lie")
    return FrameStore(settings.frames_url, url_prefixes=settings.frame_url_prefixes)


def sight_of(
    settings: ShopSettings,
    frames: FrameStore,
    matcher: Matcher,
    now: Callable[[], datetime] | None = None,
) -> Sight:
    """The frames, as they are looked at; with `now` ahead of the claims (see Sight)."""
    return Sight(
        frames,
        matcher,
        window_seconds=settings.frame_window_seconds,
        limit=settings.frame_limit,
        now=now,
    )
