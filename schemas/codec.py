"""Bytes <-> record, by orjson."""

from __future__ import annotations

from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, get_args, overload
from uuid import UUID

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.records import Record

SCHEMA_VERSION = 1

R = TypeVar("R", bound=Record)


class UnreadableRecord(ValueError):
    """The bytes are not a record of the expected kind. The message names the first fault in words."""


def encode(record: Record) -> bytes:
    """The record as one JSON object."""
    # A copy, for orjson's own result holds on to the buffer of 4 KiB that it was written into.
    return bytes(memoryview(orjson.dumps(record.__dict__, default=_plain)))


@overload
def decode(kind: type[R], data: bytes) -> R: ...
@overload
def decode(kind: UnionType, data: bytes) -> Any: ...
def decode(kind: type[R] | UnionType, data: bytes) -> Any:
    """The record of `kind`, or of one of the kinds of a union, in `data`. Unknown fields are ignored.

    Raises UnreadableRecord where `data` is not JSON or does not hold such a record.
    """
    try:
        return _reader(kind).validate_json(data)
    except ValidationError as error:
        if error.errors(include_input=False)[0]["type"] == "json_invalid":
            raise UnreadableRecord(f"not JSON: {in_words(error)}") from error
        kinds = get_args(kind) or (kind,)
        names = " or ".join(each.__name__ for each in kinds)
        raise UnreadableRecord(f"not a {names}: {in_words(error)}") from error


@lru_cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    # A union has no configuration of its own, and a model may be given none.
    return TypeAdapter(kind, config=Record.model_config if isinstance(kind, UnionType) else None)


def in_words(error: ValidationError, whole: str = "record") -> str:
    """The faults pydantic found, as one sentence without the values (they may be personal). `whole` is what a fault is
    of that names no part."""
    faults = (
        f"{'.'.join(str(part) for part in fault['loc']) or whole}: {fault['msg']}"
        for fault in error.errors(include_url=False, include_input=False, include_context=False)
    )
    return "; ".join(faults)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.__dict__
    if isinstance(value, UUID):  # asyncpg's own kind; the standard one never comes here
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a record")
