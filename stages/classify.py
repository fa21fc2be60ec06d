"""The verb `classify`: JSON lines with a text in, JSON lines with a judgement out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson

from stages.adapters.classifier import Classifier, Judgement
from stages.adapters.language import detect
from stages.adapters.slots import Slots, parse_slots


class BadLine(ValueError):
    """A line isn't a JSON object with a text; the message names the line's number."""


def classify_lines(
    lines: Iterable[str | bytes], classifier: Classifier, batch: int = 64
) -> Iterator[dict[str, Any]]:
    """One record {text, intent, score, quantity, variant, code, language} per line {"text"}, in order.

    Holds `batch` lines at a time, however many there are. Quantity, variant and code are null unless the
    intent is buy. Blank lines are passed over. A bad line raises BadLine once everything before it was
    judged and yielded.
    """
    chunk: list[str] = []
    texts = _texts(lines)
    while True:
        try:
            text = next(texts)
        except StopIteration:
            yield from _judged(chunk, classifier)
            return
        except BadLine:
            yield from _judged(chunk, classifier)
            raise
        chunk.append(text)
        if len(chunk) == batch:
            yield from _judged(chunk, classifier)
            chunk = []


def _judged(texts: Sequence[str], classifier: Classifier) -> Iterator[dict[str, Any]]:
    for text, judgement in zip(texts, classifier.classify(texts), strict=True):
        yield _record(text, judgement)


def _texts(lines: Iterable[str | bytes]) -> Iterator[str]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise BadLine(f"Line {number} is no JSON ({error}). Give one object per line.") from error
        if not isinstance(row, dict) or not isinstance(row.get("text"), str):
            raise BadLine(f'Line {number} is no object with a "text" that is a string.')
        yield row["text"]


def _record(text: str, judgement: Judgement) -> dict[str, Any]:
    slots = parse_slots(text) if judgement.intent == "buy" else Slots()
    return {
        "text": text,
        "intent": judgement.intent,
        "score": round(judgement.score, 4),
        "quantity": slots.quantity,
        "variant": slots.variant,
        "code": slots.code,
        "language": detect(text),
    }
