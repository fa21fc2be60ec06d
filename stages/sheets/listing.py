"""What a sheet says a streamer sells, and what it says that can't be."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.money import Money


@dataclass(frozen=True, slots=True)
class ListedVariant:
    """A colour, a size. `name` is spelt as claims are: "blue / M"; `price` None: what the product costs."""

    name: str
    stock: int
    code: str | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """A picture as the sheet names it, by path or URL, and on which line."""

    line: int
    name: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A product; `stock` counts the pieces of all variants. `line` is the first of its lines."""

    line: int
    sku: str
    name: str
    price: Money
    stock: int
    variants: tuple[ListedVariant, ...] = ()
    aliases: tuple[str, ...] = ()
    pictures: tuple[ListedPicture, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A line that could not be taken, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What was read: the products, the lines refused, and the handles that the shop itself does not offer now. A sheet
    that `names_aliases` or `names_pictures` has a column for them, and an empty cell then says that there are none."""

    listings: tuple[Listing, ...]
    refused: tuple[RefusedRow, ...]
    inactive: tuple[str, ...] = ()
    names_aliases: bool = True
    names_pictures: bool = True


class RowRefused(Exception):
    """A row says something that can't be; the message is the reason."""


def read_stock(text: str, default: int | None) -> int:
    """Pieces. Less than none (sold beyond the stock elsewhere) is none; an empty cell is `default`. Raises
    RowRefused."""
    if not text and default is not None:
        return default
    try:
        pieces = int(text)
    except ValueError as error:
        said = (
            f"{text!r} is no number of pieces"
            if text
            else "the stock is empty: fill it in, or give --default-stock"
        )
        raise RowRefused(said) from error
    if pieces >= 2**31:
        raise RowRefused(f"{text!r} is beyond any stock")
    return max(0, pieces)
