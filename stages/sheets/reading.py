"""A CSV file as people save them: any of the usual encodings, commas, semicolons or tabs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stages.mendable import Mendable

_ENCODINGS = ("utf-8-sig", "cp1252")
_DELIMITERS = ",;\t"
_LONGEST_CELL = 1_000_000  # characters; product descriptions hold whole pages of HTML


class UnreadableSheet(Mendable):
    """The file is no table that can be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row: the number of the line it ends on, and its cells by the header's names in lower case, stripped."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The cell; empty where the sheet has no such column."""
        return self.cells.get(name, "")


def read_sheet(raw: bytes) -> list[SheetRow]:
    """The rows below the header; empty ones are left out. Text is UTF-8 (with or without BOM), UTF-16 with BOM, or
    else Windows-1252, as spreadsheets save it. Raises UnreadableSheet."""
    text = _decoded(raw)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if not first.strip():
        raise UnreadableSheet("The file is empty: its first line must name the columns.")
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LONGEST_CELL)
    try:
        return list(
            _rows(csv.reader(io.StringIO(text.lstrip("\r\n"), newline=""), delimiter=delimiter, strict=True))
        )
    except csv.Error as error:
        raise UnreadableSheet(f"The file is no CSV: {error}. Save it as CSV again.") from error


def _decoded(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = _ENCODINGS
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise UnreadableSheet("The file is no text: save it as CSV in UTF-8.")


def _rows(lines: Iterator[list[str]]) -> Iterator[SheetRow]:
    header = [" ".join(name.split()).lower() for name in next(lines, [])]
    named = [name for name in header if name]
    if len(set(named)) != len(named):
        raise UnreadableSheet("Two columns have the same name: rename or remove one.")
    for cells in lines:
        found = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
        if any(found.values()):
            yield SheetRow(lines.line_num, found)  # type: ignore[attr-defined]
