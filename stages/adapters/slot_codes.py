"""Claim codes: what live sellers number their items with ("A03", "#22", "sold 12", "รหัส B5")."""

import re

from stages.adapters.slot_words import CODE_WORDS, CODE_WORDS_LONG

_EDGE_BEFORE = r"(?<![a-z0-9$€£.,/'’-])"
_EDGE_AFTER = r"(?![a-z0-9%'’]|[.,]\d)"
_UNIT = r"(?!\s*(?:x|pcs?|pieces?|sets?|packs?|box(?:es)?|units?|kg|pairs?|bottles?|jars?|of|more)\b)"

# One or two letters, then digits. "x3" is a quantity, "rp50" money, "us8" a size.
_LETTERED = re.compile(
    _EDGE_BEFORE
    + r"#?(?!x\d|rp|rm|us\d|uk\d|eu\d|cf\d|gb|tb|ps\d|w\d\d\b)([a-z]{1,2}-?\d{1,4})"
    + _EDGE_AFTER
)
_HASHED = re.compile(r"#\s?(\d{1,4})(?!\d)")
_WITH_SIZE = re.compile(r"^(\d{2,4})(?=\s+(?:xs|s|m|l|[2-5]?x{1,3}l)\b)")  # "12 L": nobody orders a dozen so
_COUNTED = re.compile(r"(?<![\d.])(\d{1,4})\s?(?:番|号(?!サイズ|で|の)|號|번)(?!째)")
_SHOE = re.compile(r"(?:3[4-9]|4[0-8])\s?[号號](?![链鏈])")  # a size, no code
_NUMBERED = re.compile(  # "102 me pls", "la 45 es mía", "14 नंबर मेरा"
    r"^(\d{2,4})(?= (?:me|mine|to me|pour moi|para m[ií]|pra mim|für mich)\b(?! (?:one|two|\d)))"
    r"|^(?:la|el|o|a|die|das) (\d{2,4})(?= (?:es|é|est|ist) )"
    r"|(\d{1,4})\s*(?:नंबर|number|nambar)\s*(?=मेरा|मेरी|mera|meri|mine)"
)
_MINE_WITH_SIZE = re.compile(r"\bmine (\d{1,4})(?= (?:xs|s|m|l|[2-5]?x{1,3}l)\b)")
_SEVERAL = re.compile(r"^[ ;]*(?:and|&|,|y|et|und|dan|e|at)\s*#?\d{1,4}(?!\d|\s*(?:x|pcs?|in|of|[a-z]*s)\b)")


def _after(words: tuple[str, ...], digits: str) -> re.Pattern[str]:
    alternatives = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.compile(
        rf"(?<![^\W\d_])(?:{alternatives})[.:]?\s*(?:(?:no|number|code|item)\b[.:]?\s*)?#?({digits}){_EDGE_AFTER}{_UNIT}"
    )


_PATTERNS = (
    _LETTERED,
    _HASHED,
    _WITH_SIZE,
    _MINE_WITH_SIZE,
    _NUMBERED,
    _COUNTED,
    _after(CODE_WORDS, r"\d{1,4}"),
    _after(CODE_WORDS_LONG, r"\d{2,4}"),
    re.compile(r"(?:รหัส|(?:^|เอา|รับ|ขอ|จอง)\s?เบอร์)\s*#?(\d{1,4})" + _EDGE_AFTER),  # no space before them
)


def take_code(text: str) -> tuple[str | None, str]:
    """(the code in upper case, the lower-case text without it). Several different codes give None."""
    found: list[str] = []
    text = _SHOE.sub(lambda size: f"サイズ {size[0][:2]}", text)
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            code = next(group for group in match.groups() if group)
            found.append(code.replace("-", "").upper())
            if code.isdigit() and _SEVERAL.match(text[match.end() :]):
                found.append("")  # "118 and 120": two codes
                text = text[: match.end()] + _SEVERAL.sub(" ", text[match.end() :])
        text = pattern.sub(" ; ", text)
    return (found[0] if len(set(found)) == 1 else None), text
