"""Numbers above ten in words, of fourteen languages, written as digits.

Up to ten a word is often no number ("five" in Vietnamese is also "year"), and the rules of
`stages.adapters.slot_quantities` look at its neighbours; what is composed is a number wherever it stands.
Words that are others in English ("once", "elf", "dose", "tees", "bees") are left out.
"""

import re
from collections.abc import Iterator

from stages.adapters.slot_words import HAN_COUNTERS, KOREAN_COUNTERS

_TEENS: dict[str, str] = {
    "es": "- doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "es without accents": "- - - - - dieciseis - - -",
    "pt": "- doze treze catorze quinze dezesseis dezessete dezoito dezenove",
    "pt in Portugal": "- - - quatorze - dezasseis dezassete - dezanove",
    "fr": "onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf",
    "de": "- zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn",
    "tl": "labing-isa labindalawa labintatlo labing-apat labinlima labing-anim labimpito labingwalo labinsiyam",
    "tl in one word": "labingisa - - labingapat labinglima labinganim labingpito - labingsiyam",
    "tl from Spanish": "onse - trese katorse kinse disisais disisiyete disiotso disinuwebe",
    "hi": "ग्यारह बारह तेरह चौदह पंद्रह सोलह सत्रह अठारह उन्नीस",
    "hi in other spellings": "- - - - पन्द्रह - सतरह अट्ठारह -",
    "hi in Latin": "gyarah barah terah chaudah pandrah solah satrah atharah unnis",
    "ar of Egypt": "حداشر اتناشر تلتاشر اربعتاشر خمستاشر ستاشر سبعتاشر تمنتاشر تسعتاشر",
    "ar of the Levant": "احدعش اتنعش تلتعش اربعتعش خمستعش ستعش سبعتعش تمنتعش تسعتعش",
    "ar of the Gulf": "- اثنعش ثلطعش اربعطعش خمسطعش سطعش سبعطعش ثمنطعش تسعطعش",
}
"""From 11 to 19."""

_TENS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "en": (
        "twenty thirty forty fifty sixty seventy eighty ninety",
        "one two three four five six seven eight nine",
        (" ", "-"),
    ),
    "es": (
        "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "uno dos tres cuatro cinco seis siete ocho nueve",
        (" y ",),
    ),
    "pt": (
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        "um dois três quatro cinco seis sete oito nove",
        (" e ",),
    ),
    "fr": (
        "vingt trente quarante cinquante soixante",
        "- deux trois quatre cinq six sept huit neuf",
        ("-", " "),
    ),
    "id": (
        "dua%puluh tiga%puluh empat%puluh lima%puluh enam%puluh tujuh%puluh delapan%puluh sembilan%puluh",
        "satu dua tiga empat lima enam tujuh delapan sembilan",
        (" ",),
    ),
    "vi": (
        "hai%mươi ba%mươi bốn%mươi năm%mươi sáu%mươi bảy%mươi tám%mươi chín%mươi",
        "mốt hai ba tư lăm sáu bảy tám chín",
        (" ",),
    ),
    "th": (
        "ยี่สิบ สามสิบ สี่สิบ ห้าสิบ หกสิบ เจ็ดสิบ แปดสิบ เก้าสิบ",
        "เอ็ด สอง สาม สี่ ห้า หก เจ็ด แปด เก้า",
        ("",),
    ),
    "tl": ("dalawampu tatlumpu apatnapu limampu", "- - - - - - - - -", ()),
    "tl from Spanish": ("bente trenta kwarenta singkwenta", "- - - - - - - - -", ()),
    "hi": ("बीस तीस चालीस पचास साठ", "- - - - - - - - -", ()),
    "hi in Latin": ("- - chalis pachas saath", "- - - - - - - - -", ()),
    "ar": ("عشرين تلاتين اربعين خمسين ستين", "- - - - - - - - -", ()),
    "ar by the book": ("عشرون ثلاثين أربعين خمسون ستون", "- - - - - - - - -", ()),
}
"""(from 20 by tens, from 1 to 9, what stands between)."""

_IRREGULAR: dict[str, int] = {
    "vingt et un": 21, "vingt et une": 21, "sebelas": 11, "पच्चीस": 25, "pachees": 25, "pacchis": 25,
    "اثنا عشر": 12, "اثني عشر": 12, "خمسة عشر": 15, "สิบเอ็ด": 11,
    "veintiuno": 21, "veintidós": 22, "veintitrés": 23, "veinticuatro": 24, "veinticinco": 25,
    "veintiséis": 26, "veintisiete": 27, "veintiocho": 28, "veintinueve": 29,
}  # fmt: skip

_GERMAN_UNITS = "ein zwei drei vier fünf sechs sieben acht neun"
_GERMAN_TENS = "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"
_BELAS = "- dua tiga empat lima enam tujuh delapan sembilan"
_MUOI = "một hai ba bốn lăm sáu bảy tám chín"
_SIP = "- สอง สาม สี่ ห้า หก เจ็ด แปด เก้า"

_HAN = {sign: number for number, sign in enumerate("一二三四五六七八九", start=1)} | {"两": 2, "兩": 2}
_NATIVE_TENS = {"열": 10, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50}
_NATIVE_UNITS = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9}
_SINO = {sign: number for number, sign in enumerate("일이삼사오육칠팔구", start=1)}


def composed() -> Iterator[tuple[str, int]]:
    """(words, number) for all that is composed or has a word of its own from 11 on."""
    for line in _TEENS.values():
        yield from _numbered(line, 11)
    for tens, units, gaps in _TENS.values():
        for ten, number in _numbered(tens, 20, step=10):
            yield ten, number
            yield from (
                (f"{ten}{gap}{unit}", number + one) for gap in gaps for unit, one in _numbered(units, 1)
            )
    for ten, number in _numbered(_GERMAN_TENS, 20, step=10):
        yield ten, number
        yield from ((f"{unit}und{ten}", number + one) for unit, one in _numbered(_GERMAN_UNITS, 1))
    yield from ((f"{unit} belas", 10 + one) for unit, one in _numbered(_BELAS, 1))
    yield from ((f"mười {unit}", 10 + one) for unit, one in _numbered(_MUOI, 1))
    yield from ((f"สิบ{unit}", 10 + one) for unit, one in _numbered(_SIP, 1))
    yield from _IRREGULAR.items()


def _numbered(line: str, first: int, step: int = 1) -> Iterator[tuple[str, int]]:
    for place, word in enumerate(line.split()):
        if word != "-":
            yield word.replace("%", " "), first + step * place


_COMPOSED = dict(composed())
_THAI = re.compile("[\u0e00-\u0e7f]")
_LETTER = r"(?:[^\W\d_]|[ऀ-ॣ])"


def _pattern() -> re.Pattern[str]:
    words = sorted(_COMPOSED, key=lambda word: (-len(word), word))
    apart = "|".join(re.escape(word) for word in words if not _THAI.search(word))
    joined = "|".join(re.escape(word) for word in words if _THAI.search(word))
    return re.compile(rf"(?<!{_LETTER})(?:{apart})(?!{_LETTER}|-{_LETTER})|{joined}")


_WORDS = _pattern()
_COUNTED_HAN = re.compile(
    rf"(?<![第])([一二三四五六七八九]?)十([一二三四五六七八九]?)(?=\s?[{HAN_COUNTERS}本])"
)
_COUNTER = rf"(?=\s?(?:{'|'.join(KOREAN_COUNTERS)})|\s개)"
_COUNTED_NATIVE = re.compile(
    rf"(?<![가-힣])(?:({'|'.join(_NATIVE_TENS)})({'|'.join(_NATIVE_UNITS)})|(스무)){_COUNTER}"
)
_COUNTED_SINO = re.compile(
    rf"(?<![가-힣])([{''.join(_SINO)}]?)십([{''.join(_SINO)}]?)(?=\s?(?:개|장|병|팩|세트|박스|통|벌))"
)


def with_digits(text: str) -> str:
    """Lower-case `text` with digits for the numbers from 11 to 99 that stand there in words.

    In Chinese, Japanese and Korean only what a counter follows is a number.

    >>> with_digits("je prends vingt-deux pièces")
    'je prends 22 pièces'
    >>> with_digits("来二十五个")
    '来25个'
    """
    text = _WORDS.sub(lambda word: f"{_COMPOSED[word[0]]}", text)
    text = _COUNTED_HAN.sub(lambda found: f"{10 * _HAN.get(found[1], 1) + _HAN.get(found[2], 0)}", text)
    text = _COUNTED_NATIVE.sub(
        lambda found: "20" if found[3] else f"{_NATIVE_TENS[found[1]] + _NATIVE_UNITS[found[2]]}", text
    )
    return _COUNTED_SINO.sub(lambda found: f"{10 * _SINO.get(found[1], 1) + _SINO.get(found[2], 0)}", text)
