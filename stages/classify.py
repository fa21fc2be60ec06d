"""The verb `classify`: JSON lines with a text in, JSON lines with a judgement out."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeAlias

import orjson

from stages.adapters.classifier import Classifier, Judgement
from stages.adapters.language import detect
from stages.adapters.slots import Slots, parse_slots
from stages.mendable import Mendable

_UnderWay: TypeAlias = deque[tuple[list[str], Future[list[Judgement]]]]


class BadLine(Mendable):
    """A line isn't a JSON object with a text; the message names the line's number."""


def classify_lines(
    lines: Iterable[str | bytes], classifier: Classifier, *, batch: int = 64, calls: int = 1
) -> Iterator[dict[str, Any]]:
    """One record {text, intent, score, quantity, variant, code, language} per line {"text"}, in order.

    Holds `batch` lines for each of `calls` calls at a time, however many there are. Quantity, variant and code are
    null unless the intent is buy. Blank lines are passed over. A bad line raises BadLine once everything before
    it was judged and yielded.
    """
    under_way: _UnderWay = deque()
    with ThreadPoolExecutor(calls, "classify") as pool:
        batches = _batches(_texts(lines), batch)
        while True:
            try:
                texts = next(batches, None)
            except BadLine:
                yield from _ended(under_way, 0)
                raise
            if texts is None:
                break
            under_way.append((texts, pool.submit(classifier.classify, texts)))
            yield from _ended(under_way, calls - 1)
        yield from _ended(under_way, 0)


def _batches(texts: Iterator[str], size: int) -> Iterator[list[str]]:
    """What came before a bad line comes before its error."""
    batch: list[str] = []
    try:
        for text in texts:
            batch.append(text)
            if len(batch) == size:
                yield batch
                batch = []
    except BadLine:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _ended(under_way: _UnderWay, most: int) -> Iterator[dict[str, Any]]:
    """The judged lines of the first batches: of all that have ended, and of as many as leave no more than `most`."""
    while under_way and (len(under_way) > most or under_way[0][1].done()):
        texts, judgements = under_way.popleft()
        for text, judgement in zip(texts, judgements.result(), strict=True):
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
