"""SQL by name, from the `.sql` files beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


class UnknownStatement(LookupError):
    """No `.sql` file has this name."""

    def __init__(self, name: str, root: Traversable) -> None:
        super().__init__(
            f"There is no SQL statement {name!r}: add {name}.sql below {root}, or name one that is there."
        )


@cache
def statement(name: str) -> str:
    """The text of `sql/NAME.sql`, e.g. `statement("orders/place")`; read once per process.

    Raises UnknownStatement.
    """
    return read_statement(sql_files(), name)


def sql_files() -> Traversable:
    return files("stages.adapters.database") / "sql"


def read_statement(root: Traversable, name: str) -> str:
    """The text of NAME.sql below a folder. A name consists of identifiers joined by slashes."""
    parts = name.split("/")
    file = root.joinpath(*parts[:-1], f"{parts[-1]}.sql")
    if not all(part.isidentifier() for part in parts) or not file.is_file():
        raise UnknownStatement(name, root)
    return file.read_text(encoding="utf-8")
