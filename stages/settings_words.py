"""What is wrong with the settings, in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import ValidationError
from pydantic_settings import SettingsError

from stages.settings import ShopSettings

_ADVICE = "`docs/settings.md` has them all, and `tiktoksales doctor` looks at them."
_LOOKS = "does not look as it must"


def wrong_settings(error: ValidationError | SettingsError) -> str:
    """Each fault in a line, by the variable's name, with what the variable is for; no value, which may be secret."""
    return "\n".join([*_faults(error), _ADVICE])


def _faults(error: ValidationError | SettingsError) -> Iterator[str]:
    if isinstance(error, SettingsError):
        found = re.search(r'field "(\w+)"', str(error))
        name = found.group(1) if found else ""
        yield _line(name, "is no JSON, as which lists and maps are written")
        return
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        name, said = str(fault["loc"][0]) if fault["loc"] else "", str(fault["msg"])
        if fault["type"] == "value_error":
            said = said.removeprefix("Value error, ")
        if not name:  # what two settings say together names them itself
            yield said
        elif fault["type"] == "string_pattern_mismatch":
            yield _line(name, _LOOKS)
        else:
            yield _line(name, f"is not right: {said[:1].lower()}{said[1:]}")


def _line(name: str, said: str) -> str:
    field = ShopSettings.model_fields.get(name)
    meant = f" It is for: {field.description}." if field and field.description else ""
    return f"{name.upper() or 'A setting'} {said}.{meant}"
