"""Colour and size of a claim."""

import re
from collections.abc import Iterable

from stages.adapters.slot_words import (
    COLOURS,
    COLOURS_INSIDE,
    HAN_COLOURS,
    KOREAN_COUNTERS,
    PORTUGUESE_SIZES,
    SHADES,
    SHADES_AFTER,
    SIZE_WORDS,
    SIZED_AFTER,
    SIZES,
    WEAK_COLOURS,
)

_LATIN = "a-z0-9à-ɏḀ-ỿ'’"  # what may not touch a size or a colour: "l'une" names no size L


def _one_of(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word))) + ")"


_SIZE_WORD = rf"(?:(?<![^\W\d_])(?:in\s+)?{_one_of(SIZE_WORDS)}\s*:?\s*)"
_BRA = re.compile(r"(?<![^\W_])((?:3[0-9]|[6-9][05])(?:aa|a|b|c|dd|d|e|f))(?![^\W_])")
_NUMBERED = re.compile(
    rf"{_SIZE_WORD}(?:eu|us|uk)?\s?(\d{{1,3}}(?:[.,]\d)?(?:-\d{{1,2}})?)(?![\d.])"
    r"|(?<!\d)(\d{2,3})\s?(?:码|サイズ|사이즈|号码|size|numara)"
    r"|(?<!\d)(\d{1,2}号)(?=サイズ|で|の)"
    r"|(?<!\d)(\d{2}호)|(?<!\d)(\d{2}(?:センチ|인치|cm| inches)|1[0-6]0(?:cm|センチ))"
    r"|\bin\s+(?:an?|the)\s+(\d{1,2}(?:\.5)?)(?![\d.])"
    r"|\b(?:en|in|um|un|une|no|o|el|la|a|del|der|das|den|die|kids|kamar)\s+(2[6-9]|3\d|4\d|5[0-6])(?![\d.%])(?!\s?(?:x|pcs?)\b)"
    r"|\b(?:eu|us|uk)\s?(\d{1,2}(?:\.5)?)(?![\d.])"
    r"|(?:^|\s)(\d{1,2}[.,]5)(?![\d.])|(?<![^\W_])([2-6]t)(?![^\W_])"
)
# A number where sizes are and counts are not: after a noun or a colour, before nothing, "please" or "me".
_TRAILING = re.compile(
    rf"(?<![\d.,$€£+x])(?<=[^\W_•;] )(?<!{')(?<!'.join(map(re.escape, SIZED_AFTER))})"
    r"(1[0-8](?<=• 1\d)|2[2-9]|3\d|4\d|5[0-6])"
    r"(?=\s*(?:[.,!?]|$|pls|plz|please|me\b|for me|pra mim|svp|bitte|für|4 me|kamar))"
)
_AFTER_COLOUR = re.compile(
    r"•\s*,?\s+(\d{1,2}|2[2-8][05]|128|256)(?=\s*(?:[.,!?]|$|pls|plz|please|me\b|for|pra|svp|bitte|meus?\b|meri|kamar|콜|주세요))"
)
# Shoes in millimetres, women's clothes (44 to 88), tops by the chest (85 to 115), waists in inches.
_KOREAN = re.compile(
    r"((?<=[가-힣] )(?:2[4-9]|3[0-8])|(?<=• )(?:2[4-9]|3[0-8])|(?<=•  )(?:2[4-9]|3[0-8])"
    r"|(?<![\d.])(?:44|55|66|77|88|8[05]|9[05]|1[01][05]|2[2-9][05])(?=로|\s[가-힣])|(?<=[가-힣•] )2[2-9][05])"
    rf"(?=로|\s|$|[.,!?])(?!\s?(?:원|명|{_one_of(KOREAN_COUNTERS)}))"
)
_CAPACITY = re.compile(r"(?<![\d.])(\d{1,4}\s?[gt]b)\b")
_BEFORE_PORTUGUESE_SIZE = (
    "um uma dois duas três o do no último última preto preta branco branca verde azul vermelho vermelha rosa cinza "
    "amarelo amarela roxo roxa marrom bege vinho laranja"
)
_AFTER_PORTUGUESE = "|".join(rf"(?<=\b{word} )" for word in _BEFORE_PORTUGUESE_SIZE.split())
_PORTUGUESE = re.compile(
    rf"(?:(?:tamanho|tam)\s+|{_AFTER_PORTUGUESE})"
    rf"({_one_of(PORTUGUESE_SIZES)})(?![{_LATIN}])(?! que\b)"
)
_THAI = "\u0e00-\u0e7f"
_LETTERED = re.compile(
    rf"{_SIZE_WORD}?(?<![{_LATIN}{_THAI}-])({_one_of(SIZES)})(?![{_LATIN}{_THAI}-])(?! llevo\b| lo\b)"
    r"(?:\s*(?:size|sized|码|號|サイズ|사이즈))?"
)
_THAI_SIZE = re.compile(r"(?:ไซส์|ไซซ์|ไซ)\s?(เอ็กซ์แอล|เอ็ม|เอส|แอล)")
_THAI_SIZES = {"เอ็กซ์แอล": "XL", "เอ็ม": "M", "เอส": "S", "แอล": "L"}
_ONE_SIZE = re.compile(r"\bone[ -]size(?! (?:\d|[smlx]))\b")
_SHADED = rf"(?:(?:{_one_of(SHADES)}|navy)[ -])?"
_SHADED_AFTER = rf"(?: {_one_of(SHADES_AFTER)}(?![^\W_]))?"
_COLOUR = re.compile(rf"(?<![^\W_])({_SHADED}{_one_of(COLOURS)}{_SHADED_AFTER})(?![^\W_])")
_WEAK_COLOUR = re.compile(
    r"(?<![^\W_])(?:(?:in|en|em|màu|mau|color|colour|cor|couleur|warna|yg|yang|de color|de)\s+(?:the\s+)?"
    rf"({_one_of(WEAK_COLOURS)})(?![^\W_])"
    rf"|({_one_of(WEAK_COLOURS)})(?= (?:ones?|colou?r(?:ed)?)\b|\s*[!.]*$| pls| please| \d))"
)
_COLOUR_INSIDE = re.compile(f"(?<!มะ)(?<!แ)({_one_of(COLOURS_INSIDE)})")
_HAN_COLOUR = re.compile(  # one sign is a colour only where no other word continues it: not in 大白菜
    f"((?:{_one_of(HAN_COLOURS)})色|{_one_of(colour for colour in HAN_COLOURS if len(colour) > 1)}"
    f"|(?<![\u4e00-\u9fff])[红紅黑白蓝藍绿綠黄黃粉紫灰赤青緑茶](?=[\u4e00-\u9fff]?$|[^\u4e00-\u9fff]|的|件|[的款那这])"
    f"|(?<=[要来來一])[红紅黑白蓝藍绿綠黄黃粉紫灰](?=的|款))"
)
_NOT_THIS = re.compile(
    r"\b(?:not|no|nicht|bukan|pas|not in) (?:the |el |la |le |den |die |das )\w+(?: one)?\b(?=,| but| i'll| the)"
)
_SEVERAL = re.compile(r"\d+[^\d,]{1,8}[,+ ]+\d+ ?\w{1,8}")


def take_variant(text: str) -> tuple[str | None, str]:
    """("colour / size" or the one that is named, the lower-case text without them).

    Several colours or several sizes give None: one order line can't say both.
    """
    text = _NOT_THIS.sub(" ", _ONE_SIZE.sub(" ", text))
    sizes: list[str] = []
    found, text = _take(_THAI_SIZE, text)
    sizes += [_THAI_SIZES[size] for size in found]
    for pattern in (_BRA, _CAPACITY, _NUMBERED, _PORTUGUESE, _LETTERED):
        sizes, text = _sizes(sizes, pattern, text)
    colours: list[str] = []
    for pattern in (_COLOUR, _WEAK_COLOUR, _COLOUR_INSIDE, _HAN_COLOUR):
        found, text = _take(pattern, text)
        colours += found
    if not sizes:
        for pattern in (_TRAILING, _AFTER_COLOUR, _KOREAN):
            sizes, text = _sizes(sizes, pattern, text)
    if len(set(sizes)) > 1 or len(set(colours)) > 1:
        return None, text
    return " / ".join([*colours[:1], *sizes[:1]]) or None, text


def _sizes(sizes: list[str], pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    found, text = _take(pattern, text)
    return sizes + [_size(size) for size in found], text


def _size(size: str) -> str:
    if size[-1] in "号호センチ치" or size.endswith(("cm", "inches")):
        return size
    return SIZES.get(size, size.upper().replace(",", ".").replace(" ", ""))


def _take(pattern: re.Pattern[str], text: str) -> tuple[list[str], str]:
    """(what the pattern's groups hold, the text with a bullet for each)."""
    found: list[str] = []

    def bullet(match: re.Match[str]) -> str:
        group = next(place for place in range(1, pattern.groups + 1) if match[place])
        found.append(match[group])
        before = match.string[match.start() : match.start(group)]
        # "um G", "in a 7": the article before a size still counts or doesn't, as it does elsewhere
        return f"{before if before.strip() in _ARTICLES else ''} • "

    return found, pattern.sub(bullet, text)


_ARTICLES = frozenset(("um", "un", "une", "o", "el", "la"))
