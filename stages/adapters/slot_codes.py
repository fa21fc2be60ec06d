"""Claim codes: what live sellers number their items with ("A03", "#22", "sold 12", "รหัส B5")."""

import re

from stages.adapters.slot_words import CODE_WORDS, CODE_WORDS_LONG

_EDGE_BEFORE = r"(?<![a-z0-9$€£.,/'’-])"
_EDGE_AFTER = r"(?![a-z0-9%'’]|[.,]\d)"
_UNIT = r"(?!\s*(?:x|pcs?|pieces?|sets?|packs?|box(?:es)?|units?|kg|pairs?|bottles?|jars?|of|more)\b)"

# One or two letters, then digits. "x3" is a quantity, "rp50" money, "us8" a size.
_LETTERED = re.compile(
    _EDGE_BEFORE + r"#?(?!x\d|rp|rm|us\d|uk\d|eu\d|cf\d|gb|tb)([a-z]{1,2}-?\d{1,4})" + _EDGE_AFTER
)
_HASHED = re.compile(r"#\s?(\d{1,4})(?!\d)")
_WITH_SIZE = re.compile(r"^(\d{2,4})(?=\s+(?:xs|s|m|l|[2-5]?x{1,3}l)\b)")  # "12 L": nobody orders a dozen so
_COUNTED = re.compile(r"(?<![\d.])(\d{1,4})\s?(?:番|号|號|번)(?!째)")


def _after(words: tuple[str, ...], digits: str) -> re.Pattern[str]:
    alternatives = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\W\d_])(?:{alternatives})[.:]?\s*(?:(?:no|number|code|item)\b[.:]?\s*)?#?({digits}){_EDGE_AFTER}{_UNIT}"
    )


_PATTERNS = (
    _LETTERED,
    _HASHED,
    _WITH_SIZE,
    _COUNTED,
    _after(CODE_WORDS, r"\d{1,4}"),
    _after(CODE_WORDS_LONG, r"\d{2,4}"),
)


def take_code(text: str) -> tuple[str | None, str]:
    """(the code in upper case, the lower-case text without it). Several different codes give None."""
    found: list[str] = []
    for pattern in _PATTERNS:
        found += [match[1].replace("-", "").upper() for match in pattern.finditer(text)]
        text = pattern.sub(" ; ", text)
    return (found[0] if len(set(found)) == 1 else None), text
