"""What a claim says besides "I buy": how many, which variant, which claim code. Rules, no model."""

import re
from dataclasses import dataclass

from stages.adapters.normalise import normalise
from stages.adapters.slot_codes import take_code
from stages.adapters.slot_quantities import read_quantity
from stages.adapters.slot_variants import take_variant


@dataclass(frozen=True, slots=True)
class Slots:
    """None where a claim doesn't say, or says several.

    `quantity`: the total, 1 to 999. `variant`: "colour / size", as stated, the colour in lower case.
    `code`: upper case, without `#`.
    """

    quantity: int | None = None
    variant: str | None = None
    code: str | None = None


def parse_slots(text: str) -> Slots:
    """Read the slots of a comment that was judged a buy; of other comments they mean nothing.

    >>> parse_slots("sold 12 L")
    Slots(quantity=None, variant='L', code='12')
    >>> parse_slots("A03+1")
    Slots(quantity=1, variant=None, code='A03')
    >>> parse_slots("2 in M blue pls")
    Slots(quantity=2, variant='blue / M', code=None)
    """
    # Each step takes its words out, so that the digits of a code or a size don't count as a quantity.
    code, rest = take_code(_plain(text))
    variant, rest = take_variant(rest)
    return Slots(read_quantity(rest), variant, code)


def _plain(text: str) -> str:
    """Lower case, every script's digits as 0-9, and Thai's ำ in one piece as it is typed."""
    plain = normalise(text).lower().replace("\u0e4d\u0e32", "\u0e33")
    return re.sub(r"\d", lambda digit: str(int(digit[0])), plain)
