"""What the page says about something that was done on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for whoever clicked; `is_refusal`: it was not done."""

    words: str
    is_refusal: bool = False
