"""Undo what viewers do to letters and digits, before numbers and codes are looked for."""

import re

from stages.adapters.normalise import normalise

_LEET = str.maketrans("01345789@$", "oieastbgas")
# A digit inside a word ("sh1p", "4p4rt4m3"); not "a03x2", "v2 pro" or "cf12m", where it counts something.
_LEET_SIGN = re.compile(r"(?<![\w#])(?!cf|m\d|size)[a-z]+[0134579@$][a-wyz]+[0-9@$a-z]*(?![^\W_])")
_MIXED = re.compile(r"(?<![^\W_])(?=[0-9@$]*[a-z])(?=[a-z@$]*[0-9@$])[0-9a-z@$]+(?![^\W_])")
_COUNTED = re.compile(r"x\d+|\d+x|[a-z]{1,2}\d{2,4}|\d+(?:pcs?|kg|g|ml|gb|tb|cm|x?l|xs)")
_SPACED = re.compile(r"(?<!\w)(?:[a-z][ .]){2,}[a-z](?!\w)")
_SHOUTED_ONE = re.compile(r"(?<=[a-z])!+1+(?=!|\s|$)")
_FOR = re.compile(r"(?<=[a-z] )(?:4|2)(?= (?:me|the|my|us|u|you|they|go|sell)\b)")
_TO = re.compile(r"(?<=[a-z] )2(?= (?:buy|order|purchase|get|have|claim|see|know|be|go|sell)\b)")
_BEFORE = re.compile(r"\bb4\b(?= (?:you|u|they|it|i|we|the|this|someone|any|she|he)\b)")
_REPEATED = re.compile(r"\b(one|two|three|four|five|six|ten) \((\d+)\)")
_TAKES_A_NUMBER = re.compile(
    r"(?:mine|claim|take|taking|want|need|get|gimme|give|order|ordering|buy|buying|have|send|me|x|add|of|grab) $"
)


def plain(text: str) -> str:
    """Lower case, every script's digits as 0-9, Thai's ำ in one piece as it is typed, leetspeak as letters.

    "4 me" and "2 me" after a word that takes no number are "for me" and "to me".
    """
    lowered = normalise(text).lower().replace("\u0e4d\u0e32", "\u0e33")
    digits = re.sub(r"\d", lambda digit: str(int(digit[0])), lowered)
    digits = _SPACED.sub(lambda spaced: re.sub("[ .]", "", spaced[0]), digits)
    digits = _BEFORE.sub("before", _SHOUTED_ONE.sub("!", digits))
    digits = _REPEATED.sub(r"\2", digits)
    spelt = _TO.sub("to", _without_leet(digits))
    return _FOR.sub(lambda number: _preposition(number, digits), spelt)


def _without_leet(text: str) -> str:
    """In a text with digits inside words, every mixed word is spelt with letters."""
    if not _LEET_SIGN.search(text):
        return text
    return _MIXED.sub(lambda word: word[0] if _COUNTED.fullmatch(word[0]) else word[0].translate(_LEET), text)


def _preposition(number: re.Match[str], text: str) -> str:
    counts = _TAKES_A_NUMBER.search(number.string[: number.start()])
    return number[0] if counts else {"4": "for", "2": "to"}[number[0]]
