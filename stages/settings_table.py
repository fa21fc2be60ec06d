"""The settings as a Markdown table, written between its markers: `python -m stages.settings_table docs/settings.md`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from stages.settings import ShopSettings

BEGIN = "<!-- settings: begin (python -m stages.settings_table docs/settings.md) -->"
END = "<!-- settings: end -->"

# A default that is another one on every machine is shown by what it is made of.
_MADE_OF = {"consumer_name": "HOSTNAME-0"}


class NoMarkers(Exception):
    """A file doesn't hold the markers, once each and in order, between which the table goes."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} has no place for the settings: put {BEGIN!r} and {END!r} on lines of their own."
        )


def settings_table() -> str:
    """One line for each setting, in the order of the class: variable, default, meaning."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in ShopSettings.model_fields.items():
        default = _MADE_OF.get(name) or _shown(
            field.get_default(call_default_factory=True, validated_data={})
        )
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{name.upper()}` | {f'`{default}`' if default else ''} | {meaning} |")
    return "\n".join(lines)


def with_table(text: str, what: str) -> str:
    """The text with the present table between its markers. Raises NoMarkers; `what` names the text."""
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (begun and ended):
        raise NoMarkers(what)
    return f"{before}{BEGIN}\n{settings_table()}\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Rewrite the table in each of the files. Status 1 where one has no place for it."""
    parser = argparse.ArgumentParser(prog="python -m stages.settings_table", description=__doc__)
    parser.add_argument("file", nargs="+", type=Path)
    for file in parser.parse_args(arguments).file:
        try:
            text = file.read_text(encoding="utf-8")
            file.write_text(with_table(text, str(file)), encoding="utf-8")
        except (NoMarkers, OSError) as error:
            sys.exit(str(error))


def _shown(default: Any) -> str:
    """A default as one would write it into the environment; nothing for what is empty."""
    match default:
        case None | "" | SecretStr():  # no secret has a default
            return ""
        case str():
            return default
        case bool() | int() | float():
            return json.dumps(default) if isinstance(default, bool) else f"{default:g}"
        case dict():
            return json.dumps(default)
        case tuple() | frozenset():
            return json.dumps(sorted(default))
        case _ if default is PydanticUndefined:
            return ""
        case _:
            return str(default)


if __name__ == "__main__":
    main()
