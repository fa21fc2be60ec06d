"""The mutants that no test notices, and why that is right."""

from __future__ import annotations

import tomllib
from pathlib import Path

FILE = Path(__file__).with_name("survivors.toml")


def explained() -> dict[tuple[str, str, str], str]:
    """The reason by a mutant's key."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8")).get("survivor", [])
    return {(each["file"], each["was"], each["became"]): each["why"] for each in entries}
