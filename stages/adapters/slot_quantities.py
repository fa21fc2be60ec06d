"""How many a claim says: digits, number words and counters of fourteen languages."""

import re

from stages.adapters.slot_words import (
    AFTER_ONE,
    ARTICLES,
    DOZENS,
    GIVE_AFTER,
    HAN_COUNTERS,
    HAN_DIGITS,
    KOREAN,
    MONEY_BEFORE,
    NOT_COUNTED_AFTER,
    NUMBERS,
    PHRASES,
    POINTING,
    THAI,
    VIETNAMESE,
    VIETNAMESE_COUNTERS,
)

MOST = 999

_ONE = "one"
_TWO_OR_GIVE = "दो"

_LAUGHTER = re.compile(r"5{3,}\+?|扣\s?1")  # Thai "555"; "type 1" in Chinese shows
_MULTIPLIED = re.compile(
    r"(?<![^\W\d_])[x×*]\s?(\d{1,3})(?!\d)|\+\s?(\d{1,3})(?!\d)|(?<!\d)(\d{1,3})\s?[x×](?![^\W\d_])"
)
_HAN = re.compile(f"([{''.join(HAN_DIGITS)}])\\s?[{HAN_COUNTERS}]")
_LETTER = r"(?:[^\W\d_]|[ऀ-ॣ])"  # Devanagari vowel signs are no letters to `re`
_TOKEN = re.compile(rf"[$€£¥₹฿₩₱%&;•,.!?]|(?<![a-z])\d+(?:[.,]\d+)*|{_LETTER}+(?:['’-]{_LETTER}+)*")
_INSIDE = re.compile(
    "|".join(
        re.escape(word) + ("(?!ี|า)" if word == "สาม" else "")  # "สามี" is a husband
        for word in sorted([*THAI, *KOREAN], key=lambda word: (-len(word), word))
    )
)


def read_quantity(text: str) -> int | None:
    """The total of the numbers in lower-case `text` that count things; None when there is none.

    Prices, sizes and times don't count, nor does a bare article; "both" is 2, a dozen 12.
    """
    text = _LAUGHTER.sub(" ", text)
    multiplied = [int(next(filter(None, match.groups()))) for match in _MULTIPLIED.finditer(text)]
    if multiplied:
        return _bounded(sum(multiplied))
    total, text = _phrases(text)
    return _bounded(total + _words(_TOKEN.findall(text)))


def _bounded(total: int) -> int | None:
    return total if 1 <= total <= MOST else None


def _phrases(text: str) -> tuple[int, str]:
    """(the sum of fixed phrases and of numbers in scripts without spaces, the text without them)."""
    total = 0
    for phrase in sorted(PHRASES, key=lambda phrase: (-len(phrase), phrase)):
        pattern = rf"(?<![^\W\d_]){re.escape(phrase)}(?![^\W\d_])" if " " in phrase else re.escape(phrase)
        text, count = re.subn(pattern, " ; ", text)
        total += count * PHRASES[phrase]
    total += sum(HAN_DIGITS[match[1]] for match in _HAN.finditer(text))
    text = _HAN.sub(" ; ", text)
    total += sum({**THAI, **KOREAN}[match[0]] for match in _INSIDE.finditer(text))
    return total, _INSIDE.sub(" ; ", text)


def _words(tokens: list[str]) -> int:
    total = last = 0
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in DOZENS and last:
            total, last = total + 11 * last, 0  # "two dozen"
            continue
        last = _count(token, before, after, tokens[max(0, place - 3) : place])
        total += last
    return total


def _count(word: str, before: str, after: str, earlier: list[str]) -> int:
    """What this word adds to the quantity, given its neighbours."""
    if word[0].isdigit():
        if not word.isdigit() or len(word) > 3 or before in MONEY_BEFORE or after in NOT_COUNTED_AFTER:
            return 0
        # "put me down for 3" counts, "3 for 50" and "I'll take it for 40" name a price.
        price = before == "for" and (
            int(word) > 12 or "it" in earlier or any(other.isdigit() for other in earlier)
        )
        return 0 if price else int(word)
    if word in ARTICLES:
        return 1 if not after[:1].isalnum() or after in AFTER_ONE else 0
    if word == _ONE and POINTING.intersection(_clause(earlier)):
        return 0
    if word in VIETNAMESE and after in VIETNAMESE_COUNTERS:
        return VIETNAMESE[word]
    if word not in NUMBERS or (word == _TWO_OR_GIVE and before in GIVE_AFTER):
        return 0
    return NUMBERS[word]


def _clause(earlier: list[str]) -> list[str]:
    stops = [place for place, word in enumerate(earlier) if word in ",.;!?"]
    return earlier[stops[-1] + 1 :] if stops else earlier
