"""Colour and size of a claim."""

import re
from collections.abc import Iterable

from stages.adapters.slot_words import (
    COLOURS,
    COLOURS_INSIDE,
    PORTUGUESE_SIZES,
    SHADES,
    SIZE_WORDS,
    SIZES,
    WEAK_COLOURS,
)

_LATIN = "a-z0-9à-ɏḀ-ỿ'’"  # what may not touch a size or a colour: "l'une" names no size L


def _one_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word))) + ")"


_SIZE_WORD = rf"(?:(?<![^\W\d_])(?:in\s+)?{_one_of(SIZE_WORDS)}\s*:?\s*)"
_NUMBERED = re.compile(
    rf"{_SIZE_WORD}(?:eu|us|uk)?\s?(\d{{1,2}}(?:[.,]5)?)(?![\d.])"
    r"|(?<!\d)(\d{2})\s?(?:码|サイズ|사이즈|号码)"
    r"|\bin\s+an?\s+(\d{1,2}(?:\.5)?)(?![\d.])"
    r"|\b(?:en|in|um|un|no)\s+(3[4-9]|4[0-8])(?![\d.])"
    r"|\b(?:eu|us|uk)\s?(\d{1,2}(?:\.5)?)(?![\d.])"
    r"|(?:^|\s)(\d{1,2}[.,]5)(?![\d.])"
)
_CAPACITY = re.compile(r"(?<![\d.])(\d{1,4}\s?[gt]b)\b")
_PORTUGUESE = re.compile(rf"(?:tamanho|tam|um|uma|dois|duas)\s+({_one_of(PORTUGUESE_SIZES)})(?![{_LATIN}])")
_LETTERED = re.compile(
    rf"{_SIZE_WORD}?(?<![{_LATIN}])({_one_of(SIZES)})(?![{_LATIN}])"
    r"(?:\s*(?:size|sized|码|號|サイズ|사이즈))?"
)
_ONE_SIZE = re.compile(r"\bone[ -]size(?! (?:\d|[smlx]))\b")
_SHADED = rf"(?:(?:{_one_of(SHADES)}|navy)[ -])?"
_COLOUR = re.compile(rf"(?<![^\W_])({_SHADED}{_one_of(COLOURS)})(?![^\W_])")
_WEAK_COLOUR = re.compile(
    r"(?<![^\W_])(?:in|en|em|màu|color|colour|cor|couleur|warna|de color)\s+(?:the\s+)?"
    rf"({_one_of(WEAK_COLOURS)})(?![^\W_])"
)
_COLOUR_INSIDE = re.compile(f"({_one_of(COLOURS_INSIDE)})")


def take_variant(text: str) -> tuple[str | None, str]:
    """("colour / size" or the one that is named, the lower-case text without them).

    Several colours or several sizes give None: one order line can't say both.
    """
    text = _ONE_SIZE.sub(" ", text)
    sizes: list[str] = []
    for pattern in (_CAPACITY, _NUMBERED, _PORTUGUESE, _LETTERED):
        found, text = _take(pattern, text)
        sizes += [SIZES.get(size, size.upper().replace(",", ".").replace(" ", "")) for size in found]
    colours: list[str] = []
    for pattern in (_COLOUR, _WEAK_COLOUR, _COLOUR_INSIDE):
        found, text = _take(pattern, text)
        colours += found
    if len(set(sizes)) > 1 or len(set(colours)) > 1:
        return None, text
    return " / ".join([*colours[:1], *sizes[:1]]) or None, text


def _take(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    found = [next(group for group in match.groups() if group) for match in pattern.finditer(text)]
    return found, pattern.sub(" • ", text)
