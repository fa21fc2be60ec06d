"""What a power cut does and SIGKILL does not: the end of the append-only file is gone.

With `appendfsync always` a disk that keeps its word loses nothing that was acknowledged. Here it breaks its word.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

_SHORT_TAIL, _LONG_TAIL = 4 * 1024, 256 * 1024  # bytes


def cut_tail(data_dir: Path, dice: random.Random) -> int:
    """Cut the last file of the append-only log of a Valkey that doesn't run, at a random offset; mostly near its end.
    Returns how many bytes are gone."""
    file = _last_increment(data_dir / "appendonlydir")
    size = file.stat().st_size
    gone = dice.randint(0, min(size, dice.choice((_SHORT_TAIL, _LONG_TAIL))))
    os.truncate(file, size - gone)
    return gone


def _last_increment(folder: Path) -> Path:
    """The manifest has lines like `file appendonly.aof.1.incr.aof seq 1 type i`."""
    [manifest] = folder.glob("*.manifest")
    words = [line.split() for line in manifest.read_text().splitlines()]
    increments = [line[1] for line in words if line[-1] == "i" or line[line.index("type") + 1] == "i"]
    return folder / increments[-1]
