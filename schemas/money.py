"""Amounts of money as integers in a currency's minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pydantic import BaseModel, ConfigDict, Field

# ISO 4217: currencies whose minor unit is not a hundredth. Source: ISO 4217 list one, column "Minor unit".
_EXPONENTS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV"), 0
    ),
    **dict.fromkeys(("XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "BRL": "R$", "KRW": "₩", "INR": "₹"}


class Money(BaseModel):
    """`amount_minor` units of `currency` (ISO 4217, upper case): 7999 USD is $79.99, 7999 JPY is ¥7,999."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    amount_minor: int = Field(ge=0)
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    def times(self, quantity: int) -> Money:
        """The price of `quantity` pieces."""
        return Money(amount_minor=self.amount_minor * quantity, currency=self.currency)

    def share(self, basis_points: int) -> Money:
        """`basis_points` hundredths of a percent of the amount, rounded half up to a whole minor unit."""
        exact = Decimal(self.amount_minor) * basis_points / 10_000
        return Money(amount_minor=int(exact.to_integral_value(ROUND_HALF_UP)), currency=self.currency)

    @property
    def major(self) -> Decimal:
        """The amount in whole units, with the currency's decimals: 79.99."""
        return Decimal(self.amount_minor).scaleb(-exponent_of(self.currency))

    def __str__(self) -> str:
        amount = f"{self.major:,.{exponent_of(self.currency)}f}"
        symbol = _SYMBOLS.get(self.currency)
        return f"{symbol}{amount}" if symbol else f"{amount} {self.currency}"


def exponent_of(currency: str) -> int:
    """How many decimals amounts in the currency have."""
    return _EXPONENTS.get(currency, 2)
