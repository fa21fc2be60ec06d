"""What a claim says besides "I buy": how many, which variant, which claim code. Rules, no model."""

from collections.abc import Collection
from dataclasses import dataclass

from stages.adapters.slot_catalog import known_code, named_codes, variant_of_catalog
from stages.adapters.slot_codes import take_code
from stages.adapters.slot_quantities import read_quantity
from stages.adapters.slot_spelling import plain
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


def parse_slots(text: str, variants: Collection[str] = (), codes: Collection[str] = ()) -> Slots:
    """Read the slots of a comment that was judged a buy; of other comments they mean nothing.

    With the `variants` or `codes` of a catalog at hand, what is read is checked against them: the
    catalog's own spelling is given, also for one that only the catalog knows to be a variant or a code;
    a code that it doesn't have is none. A variant that it doesn't have stays, as stated.

    >>> parse_slots("sold 12 L")
    Slots(quantity=None, variant='L', code='12')
    >>> parse_slots("A03+1")
    Slots(quantity=1, variant=None, code='A03')
    >>> parse_slots("2 in M blue pls")
    Slots(quantity=2, variant='blue / M', code=None)
    >>> parse_slots("the walnut one please", variants=["Oak", "Walnut"])
    Slots(quantity=None, variant='Walnut', code=None)
    """
    # Each step takes its words out, so that the digits of a code or a size don't count as a quantity.
    named, rest = named_codes(text, codes) if codes else ([], text)
    spelt = plain(rest)
    code, rest = take_code(spelt)
    if named:
        code = named[0] if len(named) == 1 else None
    elif codes and code is not None:
        code = known_code(code, codes)
    variant, rest = take_variant(rest)
    if variants:
        variant = variant_of_catalog(spelt, variant, variants)
    return Slots(read_quantity(rest), variant, code)
