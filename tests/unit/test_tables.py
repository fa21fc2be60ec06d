"""Tables of the verbs: what the next verb is given is never cut."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from stages.commands.tables import ids, order_numbers

NUMBER, COMMENT = "ORD-20261122-00078", "0b7f4c50-6f0a-5d0c-9a64-1b8b9cf3a111"
LONG = "a blue denim jacket that takes a lot of room"


@pytest.mark.parametrize("width", [60, 80, 200])
def test_order_numbers_and_ids_stay_whole_in_any_terminal(width: int) -> None:
    for column, name in ((order_numbers("order"), NUMBER), (ids("comment"), COMMENT)):
        table = Table(column, "product", "buyer", "status", "streamer")
        table.add_row(name, LONG, LONG, "paid", "maya.closet")
        written = io.StringIO()
        Console(width=width, file=written).print(table)
        assert name in written.getvalue()
