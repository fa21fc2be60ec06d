"""Stripe's form encoding (`metadata[order_id]=7`, `expand[0]=customer`) and the checks of what came in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qsl

from stages.sandbox.payments.errors import invalid
from stages.sandbox.store import Document

_METADATA_KEYS, _METADATA_KEY_LENGTH, _METADATA_VALUE_LENGTH = 50, 40, 500


def decode(form: bytes) -> Document:
    """A form or query string as nested objects and lists, all leaves text; raises StripeRefusal."""
    try:
        pairs = parse_qsl(form.decode(), keep_blank_values=True, strict_parsing=False)
    except UnicodeDecodeError:
        raise invalid("The request's body is not valid UTF-8.") from None
    tree: Document = {}
    for name, value in pairs:
        _place(tree, _path_of(name), value)
    return {name: _with_lists(value) for name, value in tree.items()}


def _path_of(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    return [head, *re.findall(r"([^\[\]]*)\]", rest)] if bracket else [head]


def _place(tree: Document, path: list[str], value: str) -> None:
    for step in path[:-1]:
        branch = tree.setdefault(step, {})
        if not isinstance(branch, dict):
            raise invalid(f"Invalid object: {step}", step)
        tree = branch
    tree[path[-1] or str(len(tree))] = value


def _with_lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(leaf) for name, leaf in value.items()}
    if inner and all(name.isdigit() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def accept(parameters: Document, names: Collection[str]) -> None:
    """Refuses parameters that the endpoint does not know."""
    for name in parameters:
        if name not in names and name != "expand":
            raise invalid(f"Received unknown parameter: {name}", name, "parameter_unknown")


def refuse_listed_types(parameters: Document) -> None:
    """Refuses `payment_method_types`, which API 2026-09-30.endive took away."""
    if "payment_method_types" in parameters:
        message = "payment_method_types is no longer supported; use allowed_payment_method_types instead."
        raise invalid(message, "payment_method_types", "payment_method_types_no_longer_supported")


def required(parameters: Document, name: str) -> str:
    """A text that must be there and not empty."""
    value = parameters.get(name)
    if value is None:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
    if not isinstance(value, str) or not value.strip():
        message = (
            f"You passed an empty string for '{name}', which would unset it; this parameter is required."
        )
        raise invalid(message, name, "parameter_invalid_empty")
    return value


def optional(parameters: Document, name: str) -> str | None:
    """A text, or None where it is absent or empty."""
    value = parameters.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(f"Invalid string: {name}", name)
    return value or None


def integer(parameters: Document, name: str) -> int | None:
    """A whole number, or None where it is absent."""
    text = optional(parameters, name)
    if text is None:
        return None
    if re.fullmatch(r"-?\d{1,15}", text) is None:
        raise invalid(f"Invalid integer: {text}", name, "parameter_invalid_integer")
    return int(text)


def boolean(parameters: Document, name: str) -> bool:
    """A flag, False where it is absent."""
    text = optional(parameters, name)
    if text not in (None, "true", "false"):
        raise invalid(f"Invalid boolean: {text}", name)
    return text == "true"


def choice(parameters: Document, name: str, allowed: Collection[str]) -> str | None:
    """One of the allowed texts, or None where it is absent."""
    text = optional(parameters, name)
    if text is not None and text not in allowed:
        raise invalid(f"Invalid {name}: must be one of {', '.join(allowed)}", name)
    return text


def nested(parameters: Document, name: str) -> Document:
    """An object, empty where it is absent."""
    value = parameters.get(name) or {}
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {name}", name)
    return value


def metadata(parameters: Document) -> Document:
    """Metadata within Stripe's limits: 50 keys of 40 characters, values of 500."""
    values = nested(parameters, "metadata")
    if len(values) > _METADATA_KEYS:
        raise invalid(
            f"Metadata can have up to {_METADATA_KEYS} keys, you passed in {len(values)}.", "metadata"
        )
    for name, value in values.items():
        if len(name) > _METADATA_KEY_LENGTH:
            message = f"Metadata keys can be up to {_METADATA_KEY_LENGTH} characters long: {name}"
            raise invalid(message, f"metadata[{name}]")
        if not isinstance(value, str) or len(value) > _METADATA_VALUE_LENGTH:
            message = f"Metadata values can have up to {_METADATA_VALUE_LENGTH} characters: {name}"
            raise invalid(message, f"metadata[{name}]")
    return {name: value for name, value in values.items() if value}
