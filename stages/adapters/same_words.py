"""What a comment comes down to when two are compared: whoever dresses the same words up differently says the same.

Nothing is judged by it but whether one viewer repeats themselves, so it may throw together what a reader tells apart.
"""

import unicodedata
from collections.abc import Iterator
from itertools import groupby

from stages.adapters.normalise import normalise
from stages.adapters.sign_table import SignTable

# Letters of other scripts that are drawn like Latin ones, after case folding (Unicode Technical Standard 39 calls them
# confusables; these are those that a keyboard gives).
_LOOK_ALIKES = str.maketrans(
    "аеорсухіїјѕһԁԛԝкмтвнгпзбᴀαβεηικνορτυχγωσςʟıɩɑɡʏɴʀᴏ",
    "aeopcyxiijshdqwkmtbhrn36aabenikvoptuxywoclilagynro",
)
_ALPHABETS_WITHOUT_VOWEL_SIGNS = 0x0530  # Latin, Greek, Cyrillic and their accents lie below


def same_words(text: str) -> str:
    """Letters and digits alone, in lower case, as they look: accents, look-alikes of Latin letters, spaces, punctuation
    and invisible characters don't count, nor do emoji beside words. A text of nothing else comes down to its signs,
    each once."""
    plain = normalise(text).casefold().translate(_LOOK_ALIKES)
    letters = _letters(unicodedata.normalize("NFKD", plain))
    return letters.translate(_LOOK_ALIKES) or "".join(sign for sign, _ in groupby(plain) if sign != " ")


def _letters(text: str) -> str:
    kept = text.translate(_LETTERS_AND_MARKS)
    return kept if kept.isalnum() else "".join(_without_accents(kept))


def _without_accents(text: str) -> Iterator[str]:
    base = "a"
    for sign in text:
        if unicodedata.category(sign)[0] != "M":
            yield sign
            base = sign
        elif ord(base) >= _ALPHABETS_WITHOUT_VOWEL_SIGNS:
            yield sign  # a vowel sign is a letter to its readers; an accent is not


_LETTERS_AND_MARKS = SignTable(lambda sign: sign if unicodedata.category(sign)[0] in "LNM" else None)
