"""Which texts of the environment nobody may read in a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import SecretStr

from stages.settings import ShopSettings


def secrets_in(environment: Mapping[str, str]) -> list[str]:
    """The values of the settings that are secret; of lists and maps (JSON) each value by itself."""
    return [
        secret
        for name, field in ShopSettings.model_fields.items()
        if SecretStr.__name__ in repr(field.annotation)
        for secret in _texts(environment.get(name.upper(), ""))
    ]


def _texts(value: str) -> Iterator[str]:
    try:
        held: Any = orjson.loads(value)
    except orjson.JSONDecodeError:
        held = value
    match held:
        case dict():
            yield from (str(each) for each in held.values())
        case list():
            yield from (str(each) for each in held)
        case _:
            yield value
