"""What the classifier reads of a comment; the text that is stored stays as it came.

Defined answers at the edges: text without any letter, digit or emoji normalises to what is left of it
(possibly ""); emoji stay; bytes that are no UTF-8 must be refused before; longer text is cut to 600
characters, far above what the classifier's 64 pieces hold.
"""

import re
import unicodedata

from stages.adapters.sign_table import SignTable

LONGEST = 600

# Control, format (zero-width and direction marks), surrogate, private-use and unassigned code points.
# U+200D joins emoji, and letters in Arabic and Devanagari; the tokenizer knows neither, so it goes too.
_INVISIBLE = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_STRETCHED = re.compile(r"(\D)\1{2,}")
_SPACES = re.compile(r"\s+")


def normalise(text: str) -> str:
    """NFKC, invisible characters removed, runs of three and more cut to two, spaces collapsed.

    Digits are never shortened ("1000" stays) and case is kept. Idempotent.
    """
    visible = unicodedata.normalize("NFKC", text[: 4 * LONGEST]).translate(_SEEN)
    shortened = _STRETCHED.sub(r"\1\1", unicodedata.normalize("NFKC", visible))
    return _SPACES.sub(" ", shortened).strip()[:LONGEST].rstrip()


def _seen(sign: str) -> str | None:
    if sign.isspace():
        return " "
    if unicodedata.category(sign) in _INVISIBLE or ord(sign) in _VARIATION_SELECTORS:
        return None
    return sign


_SEEN = SignTable(_seen)
