"""The commands that the documentation shows: what stands in its blocks of shell."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    "README.md",
    "CONTRIBUTING.md",
    "deploy/README.md",
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")),
)
LANGUAGES = {"sh", "text", "json", "python"}
_BLOCK = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a document, and in which language it is."""

    document: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A command of a document, without the comment behind it."""

    document: str
    text: str


def blocks(document: str) -> list[Block]:
    """The blocks of a document, in order."""
    found = _BLOCK.findall((ROOT / document).read_text(encoding="utf-8"))
    return [Block(document, language, text) for language, text in found]


def shown(document: str) -> list[Shown]:
    """The commands of a document, in order."""
    return [
        Shown(document, text)
        for block in blocks(document)
        if block.language == "sh"
        for text in commands(block.text)
    ]


def commands(text: str) -> Iterator[str]:
    """A block's commands: a line each, or as many as a quoted text takes."""
    begun = ""
    for line in text.splitlines():
        begun = f"{begun}\n{line}" if begun else line
        if _is_whole(begun):
            if command := _without_comment(begun):
                yield command
            begun = ""
    assert not begun, f"a quotation is never closed: {begun}"


def _is_whole(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:  # a quotation that is not closed yet
        return False
    return True


def _without_comment(text: str) -> str:
    for mark in re.finditer(r"(?:^|\s)#", text):
        before = text[: mark.start()]
        if _is_whole(before):
            return before.rstrip()
    return text.rstrip()
