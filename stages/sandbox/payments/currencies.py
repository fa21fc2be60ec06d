"""The currencies Stripe takes, and the amounts it takes in them (docs.stripe.com/currencies)."""

from __future__ import annotations

from stages.sandbox.payments.errors import invalid
from stages.sandbox.payments.parameters import integer, required
from stages.sandbox.store import Document

_CODES = frozenset(
    """
    aed afn all amd ang aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr ils
    inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr
    mwk mxn myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek
    sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst xaf xcd xof xpf
    yer zar zmw
    """.split()  # noqa: SIM905 - a wall of quotes otherwise
)
_ZERO_DECIMALS = frozenset(
    {
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    }
)
# "Special cases": without decimals, and yet written with two of them, which must be 00.
_WHOLE_AS_HUNDREDTHS = frozenset({"isk", "ugx"})
_THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_SMALLEST = {
    "usd": 50,
    "eur": 50,
    "gbp": 30,
    "jpy": 50,
    "cad": 50,
    "aud": 50,
    "mxn": 1000,
    "sek": 300,
    "krw": 100,
}
_LARGEST = 99_999_999


def currency_of(parameters: Document) -> str:
    """The call's currency in lower case."""
    code = required(parameters, "currency").lower()
    if code not in _CODES:
        raise invalid(
            f"Invalid currency: {code}. Stripe currently supports these currencies: {sorted(_CODES)}",
            "currency",
        )
    return code


def amount_of(parameters: Document, currency: str, name: str = "amount") -> int:
    """The call's amount in minor units, within what a card can be charged."""
    required(parameters, name)
    amount = integer(parameters, name)
    if amount is None or amount < 0:
        raise invalid("Invalid non-negative integer", name, "parameter_invalid_integer")
    check_amount(amount, currency, name)
    return amount


def check_amount(amount: int, currency: str, name: str) -> None:
    """Refuses amounts that are too small, too large or too fine for the currency."""
    if amount < _SMALLEST.get(currency, 1):
        message = f"Amount must be at least {_SMALLEST.get(currency, 1)} in the smallest unit of {currency}"
        raise invalid(message, name, "amount_too_small")
    if amount > _LARGEST:
        raise invalid(
            f"Amount must be no more than {_LARGEST} in the smallest unit", name, "amount_too_large"
        )
    check_fineness(amount, currency, name)


def check_fineness(amount: int, currency: str, name: str = "amount") -> None:
    """Refuses amounts that are too fine for the currency."""
    if currency in _THREE_DECIMALS and amount % 10:
        message = f"Invalid amount: {currency} has three decimals, and the last one must be 0 to be charged"
        raise invalid(message, name, "invalid_charge_amount")
    if currency in _WHOLE_AS_HUNDREDTHS and amount % 100:
        message = (
            f"Invalid amount. Currency {currency.upper()} has become effectively zero-decimal and charged amounts "
            "must be evenly divisible by 100."
        )
        raise invalid(message, name, "invalid_charge_amount_no_decimal_compatible")


def decimals_of(currency: str) -> int:
    """How many decimals the currency's amounts are written with."""
    return 0 if currency in _ZERO_DECIMALS else 3 if currency in _THREE_DECIMALS else 2
