"""What is wrong with what was sent, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NO_OBJECT = "The body must be a JSON object, sent with content-type: application/json."


def words_for(fault: Mapping[str, Any]) -> str:
    """What pydantic found, in words that name the place."""
    match fault["type"]:
        case "json_invalid":
            return f"The body is not JSON: {fault['ctx']['error']}."
        case "model_attributes_type" | "dict_type" | "model_type":
            return _NO_OBJECT
        case "missing" if tuple(fault["loc"]) == ("body",):
            return _NO_OBJECT
    words: str = fault["msg"].removeprefix("Value error, ")
    places = [str(part) for part in fault["loc"] if part != "body"]
    if not places and fault["type"] == "value_error":  # it names its place itself
        return words
    return f"{'.'.join(places) or 'body'}: {words}"
