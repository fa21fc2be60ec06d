"""Names of products as sets of words, found in comments however they are spelt, inflected and joined."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from stages.adapters.normalise import normalise

# Vowel signs of Devanagari and Thai are no word characters to `re`.
_WORD = re.compile(r"(?:\w|[\u0900-\u0dff\u0e00-\u0eff])+")
# Scripts that set no space between words, or hang particles on them.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_PLURAL = re.compile(r"(?<=ss)es$|(?<=[xh])es$|(?<=[a-z]{2})(?<!s)s$")
_ARABIC_ARTICLE = re.compile(r"^(?:و|ب|ف|ل)?ال(?=..)")
_LITTLE = (
    "a an and for in me my of on or the this to with by de del la el le les l d da do das der die den und y e et "
    "en em pour para fur con avec mit un una une um uma"
)
_TELL_NOTHING = frozenset(_LITTLE.split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """A name: its words without those that tell nothing; none where there are no others."""

    words: frozenset[str]

    @property
    def is_long(self) -> bool:
        """Whether it says more than one word does, which may be any product's."""
        return len(self.words) > 1 or any(_UNSPACED.search(word) and len(word) > 3 for word in self.words)

    def is_part_of(self, other: Phrase) -> bool:
        """Whether `other` says all of this and more: "jacket" in "denim jacket", "ケース" in "スマホケース"."""
        return self.words != other.words and all(
            word in other.words or (_UNSPACED.search(word) and any(word in longer for longer in other.words))
            for word in self.words
        )


@lru_cache(maxsize=16384)  # a catalog is read again every few seconds, and its names stay
def phrase(name: str) -> Phrase:
    """The name as a phrase."""
    return Phrase(frozenset(_words(name)))


class Wording:
    """What a comment says, word by word."""

    def __init__(self, text: str) -> None:
        self._text = _folded(text)
        self._words = frozenset(_words(text))

    def has(self, word: str) -> bool:
        """Whether a phrase's word is said; in scripts without spaces, whether it stands anywhere."""
        return word in self._words or (_UNSPACED.search(word) is not None and word in self._text)


def _words(text: str) -> list[str]:
    words = (_ARABIC_ARTICLE.sub("", _PLURAL.sub("", word)) for word in _WORD.findall(_folded(text)))
    return [word for word in words if word not in _TELL_NOTHING]


def _folded(text: str) -> str:
    """Lower case without accents; the marks of other scripts than Latin's stay."""
    parted = unicodedata.normalize("NFKD", normalise(text))
    return unicodedata.normalize("NFC", _ACCENTS.sub("", parted)).casefold()
