"""What a claim says, checked against the variants and claim codes that a catalog has."""

import re
from collections.abc import Collection

_EDGE_BEFORE, _EDGE_AFTER = r"(?<![^\W_])", r"(?![^\W_])"


def code_of_catalog(
    text: str, found: str | None, rest: str, codes: Collection[str]
) -> tuple[str | None, str]:
    """(the catalog's code, the text without it): `found` if the catalog has it, else the only one named.

    A code of digits only must have been found as a code: "3 please" is a quantity, whatever item 3 is.
    """
    known = {_bare(code): code for code in codes}
    if found is not None:
        return known.get(_bare(found)), rest
    named = [code for code in codes if not code.isdigit() and _pattern(code).search(text)]
    if len(named) != 1:
        return None, rest
    return named[0], _pattern(named[0]).sub(" ; ", rest)


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


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(_EDGE_BEFORE + re.escape(words.strip().lower()) + _EDGE_AFTER)
