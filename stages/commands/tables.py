"""How the verbs print tables."""

from __future__ import annotations

import sys

from rich.console import Console, RenderableType
from rich.table import Column

_WIDE = 240  # what reads a pipe can take a long line, and wants no word broken
_ORDER_NUMBER, _UUID = len("ORD-20261122-00001"), 36


def order_numbers(header: str) -> Column:
    """A column of order numbers, whole in a terminal of any width: they are what the next verb is given."""
    return Column(header, min_width=_ORDER_NUMBER, no_wrap=True)


def ids(header: str) -> Column:
    """A column of ids, likewise."""
    return Column(header, min_width=_UUID, no_wrap=True)


def show(table: RenderableType) -> None:
    """Print it, as wide as the terminal is."""
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
