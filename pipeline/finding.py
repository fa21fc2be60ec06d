"""What an examination of the surroundings found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["ok", "warning", "error", "unknown"]
"""warning: it works, and something may be lost or refused; error: it can't work; unknown: nobody would tell us."""


@dataclass(frozen=True, slots=True)
class Finding:
    """How it stands with `subject`, in a sentence; for anything but "ok" the sentence also says what to do."""

    level: Level
    subject: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        """As an object of JSON."""
        return asdict(self)
