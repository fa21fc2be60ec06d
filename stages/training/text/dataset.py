"""The labelled comments, and the small changes of spelling that make a few thousand go further."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import get_args

from schemas.records import Intent

INTENTS: tuple[Intent, ...] = get_args(Intent)
_ENDINGS = ("!", "!!", "!!!", " 😍", " 🙏", " 😂", " ❤️", " 🔥", "...", " 😭", " 👍", " pls", " lol", "?")
_OPENINGS = ("hi ", "hey ", "omg ", "@shop ", "sis ", "wow ")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled comment."""

    text: str
    intent: Intent
    language: str
    author: str = ""


def read_examples(path: Path) -> list[Example]:
    """A JSONL file of {"text", "intent", "language"}; ValueError names the line that isn't one."""
    examples = []
    for number, line in enumerate(path.read_text(encoding="utf-8").strip().split("\n"), start=1):
        row = json.loads(line)
        if row["intent"] not in INTENTS:
            raise ValueError(
                f"{path.name}, line {number}: {row['intent']!r} is none of {', '.join(INTENTS)}."
            )
        examples.append(Example(row["text"], row["intent"], row["language"], row.get("author", "")))
    return examples


def vary(example: Example, random: Random) -> str:
    """The comment as another viewer might have typed it; its intent doesn't change."""
    text = example.text
    roll = random.random()
    if roll < 0.08:
        text = text.upper()
    elif roll < 0.16:
        text = text.rstrip(".!?。！？؟ ")
    elif roll < 0.26 and text.isascii() and len(text) > 8:
        at = random.randrange(1, len(text) - 1)
        swap = random.random() < 0.5
        text = text[:at] + (text[at + 1] + text[at] if swap else "") + text[at + 1 + swap :]
    if random.random() < 0.15 and example.intent != "none":
        ending = random.choice(_ENDINGS)
        text += "" if ending == "?" and example.intent != "question" else ending
    if random.random() < 0.05 and example.language == "en":
        text = random.choice(_OPENINGS) + text
    return text or example.text


def shuffled_batches(lengths: Sequence[int], size: int, random: Random) -> list[list[int]]:
    """All indices of `lengths` once, `size` at a time, in random order but with like lengths together."""
    order = list(range(len(lengths)))
    random.shuffle(order)
    batches = []
    for start in range(0, len(order), 8 * size):
        chunk = sorted(order[start : start + 8 * size], key=lengths.__getitem__)
        batches += [chunk[at : at + size] for at in range(0, len(chunk), size)]
    random.shuffle(batches)
    return batches
