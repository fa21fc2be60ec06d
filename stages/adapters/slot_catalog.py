"""What a claim says, checked against the variants and claim codes that a catalog has."""

import re
from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from stages.adapters.normalise import normalise

_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
_GAP = r"[_.-]?"  # "JKT-01" is typed "jkt01", too
_SPACED = 3  # letters from which on it may be "jkt 01"; "a 1" is no code
_PART = re.compile(r"[^\W\d_]+|\d+")
_TAKEN = " ; "


def named_codes(text: str, codes: Collection[str]) -> tuple[list[str], str]:
    """(the catalog's codes that `text` names, the text without them), however viewers part letters and digits.

    A code of digits only has to be found as a code: "3 please" is a quantity, whatever item 3 is. One without any
    letter or digit is never named.
    """
    rest = re.sub(r"\d", lambda digit: str(int(digit[0])), normalise(text).lower())
    # Few codes have all their parts in the text; only for these a pattern is worth its time.
    near = [code for code in codes if not code.isdigit() and _is_near(code, rest)]
    alike = Counter(map(_unpadded, near))
    found = []
    # The longest first: where there are A1 and A1-B, "a1-b" names the second.
    for code in sorted(near, key=lambda code: (-len(code), code)):
        rest, count = _code_pattern(code, alike[_unpadded(code)] == 1).subn(_TAKEN, rest)
        found += [code] if count else []
    return found, rest


def known_code(found: str, codes: Collection[str]) -> str | None:
    """The catalog's spelling of a code; zeros before its number may be left out where that leaves one choice."""
    exact = [code for code in codes if _bare(code) == _bare(found)]
    like = exact or [code for code in codes if _unpadded(code) == _unpadded(found)]
    return like[0] if len(like) == 1 else None


def variant_of_catalog(text: str, found: str | None, variants: Collection[str]) -> str | None:
    """The catalog's spelling of the variant; `found` itself where the catalog has none like it.

    Parts may stand in any order ("M / blue"); a part alone names the variant if just one has it.
    """
    if found is not None:
        parts = set(_parts(found))
        like = [variant for variant in variants if parts == set(_parts(variant))]
        like = like or [variant for variant in variants if parts < set(_parts(variant))]
        return like[0] if len(like) == 1 else found
    named = [variant for variant in variants if all(_pattern(part).search(text) for part in _parts(variant))]
    return named[0] if len(named) == 1 else None


def _parts(variant: str) -> list[str]:
    return [part.strip().lower() for part in variant.split("/") if part.strip()]


def _bare(code: str) -> str:
    return re.sub(r"[\W_]", "", code).upper()


def _unpadded(code: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", _bare(code))


def _is_near(code: str, text: str) -> bool:
    parts = _parts_of(code)
    return bool(parts) and all(part in text for part in parts)


@lru_cache(maxsize=16384)
def _parts_of(code: str) -> tuple[str, ...]:
    """The letters and the numbers of a code, these without zeros before them."""
    return tuple(part.lstrip("0") for part in _PART.findall(code.lower()))


@lru_cache(maxsize=4096)
def _code_pattern(code: str, any_zeros: bool) -> re.Pattern[str]:
    parts = _PART.findall(code.lower())
    gap = r"[\s_.-]?" if len(parts[0]) >= _SPACED else _GAP
    spelt = gap.join(f"0*{int(part)}" if any_zeros and part.isdigit() else re.escape(part) for part in parts)
    return re.compile(f"{_EDGE_BEFORE}#?{spelt}{_EDGE_AFTER}")


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(_EDGE_BEFORE + re.escape(words.strip().lower()) + _EDGE_AFTER)
