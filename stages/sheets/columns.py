"""The columns of the sheets that are known, and which sheet is which."""

from __future__ import annotations

from collections.abc import Sequence

from stages.sheets.listing import RowRefused
from stages.sheets.reading import SheetRow, UnreadableSheet

# Shopify's names since 2024 -> its names before.
# Source: help.shopify.com, "Using CSV files to import and export products".
_RENAMED = {
    "url handle": "handle",
    "sku": "variant sku",
    "price": "variant price",
    "inventory quantity": "variant inventory qty",
    "product image url": "image src",
    "image position": "image position",
}
PLAIN_REQUIRED = ("sku", "name", "price", "stock")


def is_shopify(rows: Sequence[SheetRow]) -> bool:
    """Whether it is Shopify's sheet; else it is a plain one. Raises UnreadableSheet where it is neither."""
    if not rows:
        raise UnreadableSheet("The sheet has no rows below its header.")
    columns = rows[0].cells.keys()
    if columns >= {"title"} and columns & {"handle", "url handle"}:
        return True
    missing = [name for name in PLAIN_REQUIRED if name not in columns]
    if missing:
        raise UnreadableSheet(
            f"The sheet has no column {missing[0]!r}. It needs {', '.join(PLAIN_REQUIRED)} (and may have currency, "
            "variant, aliases, images), or be Shopify's product CSV."
        )
    return False


def with_shopify_names(row: SheetRow) -> SheetRow:
    """The row under the names that Shopify's columns had before 2024."""
    return SheetRow(row.line, {_RENAMED.get(name, name): cell for name, cell in row.cells.items()})


def required(row: SheetRow, column: str, limit: int) -> str:
    """The cell of a column. Raises RowRefused where it is empty or longer than `limit` characters."""
    cell = row[column]
    if not cell:
        raise RowRefused(f"the column {column!r} is empty")
    if len(cell) > limit:
        raise RowRefused(f"the column {column!r} has more than {limit} characters")
    return cell


def listed(cell: str) -> tuple[str, ...]:
    """The parts of a cell that holds several, separated by | or ;, each once."""
    parts = (part.strip() for part in cell.replace(";", "|").split("|"))
    return tuple(dict.fromkeys(part for part in parts if part))
