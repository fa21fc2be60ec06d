"""Comments as read from a file, and what the classifier says of them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.records import Intent
from stages.adapters.classifier import Classifier

_TEXT_FIELDS = ("text", "message", "comment_text", "comment")
_CHUNK = 4096


class NoTexts(ValueError):
    """A file has no field with texts; the message names those that would do."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled comment and its judgement."""

    row: dict[str, Any]  # text, intent, language and, where given, hard, quantity, variant, code
    answer: Intent
    score: float

    @property
    def gold(self) -> str:
        return str(self.row["intent"])

    @property
    def is_right(self) -> bool:
        return self.answer == self.gold

    def is_bought(self, threshold: float) -> bool:
        """Would the runtime make an order of it?"""
        return self.answer == "buy" and self.score > threshold


def judge(rows: Sequence[dict[str, Any]], classifier: Classifier) -> list[Judged]:
    """One judged comment per row, in order."""
    judgements = classifier.classify([row["text"] for row in rows])
    return [Judged(row, said.intent, said.score) for row, said in zip(rows, judgements, strict=True)]


def read_texts(path: Path) -> Iterator[str]:
    """The texts of a JSONL or CSV file, one by one; NoTexts when it has no such field."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file) if path.suffix == ".csv" else (json.loads(line) for line in file)
        for row in rows:
            field = next((name for name in _TEXT_FIELDS if name in row), None)
            if field is None:
                raise NoTexts(f"{path.name} has none of the fields {', '.join(_TEXT_FIELDS)}.")
            yield str(row[field])


def bought(texts: Iterator[str], classifier: Classifier, threshold: float) -> tuple[int, list[str]]:
    """(how many texts there were, those that would become orders)."""
    count, orders, chunk = 0, list[str](), list[str]()
    for text in texts:
        chunk.append(text)
        if len(chunk) == _CHUNK:
            orders += _bought(chunk, classifier, threshold)
            count, chunk = count + len(chunk), []
    return count + len(chunk), orders + _bought(chunk, classifier, threshold)


def _bought(texts: Sequence[str], classifier: Classifier, threshold: float) -> list[str]:
    judgements = classifier.classify(texts)
    return [
        text
        for text, said in zip(texts, judgements, strict=True)
        if said.intent == "buy" and said.score > threshold
    ]
