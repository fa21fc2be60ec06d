"""Whether there is room left on the disks of this machine that the shop writes to."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pipeline.finding import Finding
from stages.settings import ShopSettings

_SUBJECT = "Disk"
_LITTLE = 1 << 30  # bytes


def disk_finding(settings: ShopSettings, free: Callable[[Path], int]) -> Finding:
    """Of the folders that settings name, and the one for temporary files. (Of its own disk Redis tells itself.)"""
    for name, folder in _folders(settings):
        if (left := free(folder)) < _LITTLE:
            return Finding(
                "warning",
                _SUBJECT,
                f"Only {left // 2**20:,} MiB are free where {folder} lies ({name}): make room, or name another place.",
            )
    return Finding("ok", _SUBJECT, "There is room where the shop writes on this machine.")


def free_bytes(folder: Path) -> int:
    """What may still be written where the folder lies, or will lie."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


def _folders(settings: ShopSettings) -> Iterator[tuple[str, Path]]:
    for name in ("archive_url", "frames_url", "catalog_url"):
        place = urlsplit(getattr(settings, name))
        if place.scheme == "file":
            yield name.upper(), Path(unquote(place.path))
    yield "temporary files", Path(tempfile.gettempdir())
