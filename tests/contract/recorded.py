"""What platforms send, put together after their documentation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def recording(name: str) -> dict[str, Any]:
    """The recording of this name in the folder `recordings`."""
    file = Path(__file__).parent / "recordings" / f"{name}.json"
    recorded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return recorded
