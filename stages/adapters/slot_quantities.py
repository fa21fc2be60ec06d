"""How many a claim says: digits, number words and counters of fourteen languages."""

import re

from stages.adapters.slot_numbers import with_digits
from stages.adapters.slot_words import (
    AFTER_ONE,
    ARTICLES,
    DOZENS,
    GIVE_AFTER,
    HAN_COUNTERS,
    HAN_DIGITS,
    HAN_PAIRS,
    KOREAN,
    KOREAN_COUNTERS,
    KOREAN_NUMBERS,
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
_TWO_OR_DO = re.compile(
    r"\bdo(?= (?:piece|pc|packet|pkt|set|pair|box|bottle|dabba|dabbe|jodi|packs?|kilo)s?\b)"
)  # Hinglish
_SCRIPTS_MEET = re.compile(r"(?<=[a-z])(?=[\u3040-\u9fff\uac00-\ud7af])")  # "two个"

_LAUGHTER = re.compile(r"5{3,}\+?|扣\s?1")  # Thai "555"; "type 1" in Chinese shows


def _pattern(phrase: str) -> str:
    return rf"(?<![^\W\d_]){re.escape(phrase)}(?![^\W\d_])" if " " in phrase else re.escape(phrase)


_PHRASES = [
    (re.compile(_pattern(phrase)), PHRASES[phrase])
    for phrase in sorted(PHRASES, key=lambda phrase: (-len(phrase), phrase))
]
_ANY_PHRASE = re.compile("|".join(pattern.pattern for pattern, _ in _PHRASES))
_HAN_COUNTS = {**HAN_DIGITS, **HAN_PAIRS}
_KOREAN_COUNTS = {**KOREAN_NUMBERS, "둘": 2, "셋": 3}
_INSIDE_COUNTS = {**THAI, **KOREAN}
_MULTIPLIED = re.compile(
    r"(?<![^\W\d_])[x×*]\s?(\d{1,3})(?!\d)|\+\s?(\d{1,3})(?!\d)|(?<!\d)(\d{1,3})\s?[x×](?![^\W\d_])"
)
_HAN = re.compile(
    f"(?<![上下那这這哪每同第前])([{''.join(HAN_DIGITS)}]|{'|'.join(HAN_PAIRS)})(?:(?<=[俩倆仨つ])|\\s?[{HAN_COUNTERS}])"
)
_KOREAN_COUNTED = re.compile(
    rf"({'|'.join(KOREAN_NUMBERS)})\s?(?:{'|'.join(KOREAN_COUNTERS)})(?!스)|(?<![가-힣])(둘|셋)(?![가-힣])"
)
_KOREAN_SIZED = re.compile(r"\d+\s?(?:개짜리|키로|인치|호|사이즈|(?:kg|ml|g)(?![^\W\d_]))")
_PARTS = re.compile(
    r"(?:^|[ ,;])(?:one|1) (?:for|per|each)\b|(?<=\w )one each\b|\bone of each\b"
    # "one more question", "one of the admins": what is counted is nothing for sale
    r"|\bone (?:more |last |quick |small )?(?:question|thing|time|second|sec|minute|min|moment|day|word|person)\b"
    r"|\bone of (?:the |your |you |my )?(?:admins?|mods?|moderators?|hosts?|staff|team|guys|girls|ladies|friends)\b"
)
_ADDED = re.compile(r"(?<=\d)( [^\d+;•]+)\+ ?(?=\d)")  # "1 cream + 1 oil": no multiplier
_QTY = re.compile(r"\b(?:qty|quantity|cantidad|qtd|sl)\s?:?\s?(\d{1,3})\b")
_SET_OF = re.compile(r"\b(?:\d+|two|three|four|five|six|seven|eight)[ -]piece set\b")
_CORRECTED = re.compile(r"^.*(?:no wait|make it|make that|wait no)\b|\bnot \d+\b")
_LETTER = r"(?:[^\W\d_]|[ऀ-ॣ])"  # Devanagari vowel signs are no letters to `re`
_TOKEN = re.compile(rf"[$€£¥₹฿₩₱%&;•,.!?]|(?<![a-z])\d+(?:[.,]\d+)*|{_LETTER}+(?:['’-]{_LETTER}+)*")
_INSIDE = re.compile(
    "|".join(
        re.escape(word)
        + {"สาม": "(?!ี|า)", "ห้า": "(?!ม|ง)", "สอง": "(?!พี่)"}.get(word, "")  # "สามี" is a husband
        for word in sorted([*THAI, *KOREAN], key=lambda word: (-len(word), word))
    )
)


def read_quantity(text: str) -> int | None:
    """The total of the numbers in lower-case `text` that count things; None when there is none.

    Prices, sizes and times don't count, nor does a bare article; "both" is 2, a dozen 12.
    """
    text = with_digits(_TWO_OR_DO.sub("2", _SCRIPTS_MEET.sub(" ", text)))
    text = _SET_OF.sub(" ", _ADDED.sub(r"\1 , ", _LAUGHTER.sub(" ", text)))
    text = _KOREAN_SIZED.sub(" ", text)
    if corrected := _CORRECTED.sub(" ", text).strip():
        text = corrected
    multiplied = [int(next(filter(None, match.groups()))) for match in _MULTIPLIED.finditer(text)]
    multiplied += [int(match[1]) for match in _QTY.finditer(text)]
    if multiplied:
        return _bounded(sum(multiplied))
    apart = _PARTS.sub(" ; ", text)
    counts, rest = _phrases(apart)
    counts += _words(_TOKEN.findall(rest))
    if not counts and apart != text:
        counts = _words(_TOKEN.findall(text)) if "each" not in text else []
    return _bounded(_total(counts))


def _total(counts: list[int]) -> int:
    """The sum, but where the first or last number is the sum of the others, it is the total of them."""
    for whole in counts[:1] + counts[-1:]:
        if len(counts) > 2 and 2 * whole == sum(counts):
            return whole
    return sum(counts)


def _bounded(total: int) -> int | None:
    return total if 1 <= total <= MOST else None


def _phrases(text: str) -> tuple[list[int], str]:
    """(the numbers in fixed phrases and in scripts without spaces, the text without them)."""
    counts: list[int] = []
    if _ANY_PHRASE.search(text):
        for pattern, number in _PHRASES:
            text, count = pattern.subn(" ; ", text)
            counts += [number] * count
    counts += [_HAN_COUNTS[match[1]] for match in _HAN.finditer(text)]
    text = _HAN.sub(" ; ", text)
    counts += [_KOREAN_COUNTS[match[1] or match[2]] for match in _KOREAN_COUNTED.finditer(text)]
    text = _KOREAN_COUNTED.sub(" ; ", text)
    counts += [_INSIDE_COUNTS[match[0]] for match in _INSIDE.finditer(text)]
    return counts, _INSIDE.sub(" ; ", text)


def _words(tokens: list[str]) -> list[int]:
    counts: list[int] = []
    last = 0
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        after = tokens[place + 1] if place + 1 < len(tokens) else ""
        if token in DOZENS and last:
            counts[-1], last = 12 * last, 0  # "two dozen"
            continue
        count = _count(token, before, after, tokens[max(0, place - 3) : place])
        if count:
            counts.append(count)
        last = count
    return counts


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
    if word == _ONE and (before == "•" or POINTING.intersection(_clause(earlier))):
        return 0
    if word in VIETNAMESE and after in VIETNAMESE_COUNTERS:
        return VIETNAMESE[word]
    if word not in NUMBERS or after in NOT_COUNTED_AFTER or (word == _TWO_OR_GIVE and before in GIVE_AFTER):
        return 0
    return NUMBERS[word]


def _clause(earlier: list[str]) -> list[str]:
    stops = [place for place, word in enumerate(earlier) if word in ",.;!?"]
    return earlier[stops[-1] + 1 :] if stops else earlier
