"""Who vouches for a comment: an HMAC over its fields, made with the key of its source."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from functools import lru_cache


def sign(fields: Mapping[str, str], key: str) -> str:
    """HMAC-SHA256 (hex) over all fields but `sig`, in the order of their names.

    Each name and value is preceded by its length in bytes, so no two sets of fields share a signature.
    """
    said = [pair for pair in sorted(fields.items()) if pair[0] != "sig"]
    text = "".join([f"{len(name)}:{name}{len(value)}:{value}" for name, value in said])
    if not text.isascii():
        text = "".join([f"{_bytes(name)}:{name}{_bytes(value)}:{value}" for name, value in said])
    mac = _keyed(key).copy()
    mac.update(text.encode())
    return mac.hexdigest()


def signed(fields: Mapping[str, str], *, source: str, key: str) -> dict[str, str]:
    """The fields with `source` and `sig` added. A `message_id` is required: without one a copied entry would
    be a second comment with a good signature."""
    if not fields.get("message_id"):
        raise ValueError("Only a comment with a message_id can be signed.")
    stamped = {**fields, "source": source}
    stamped["sig"] = sign(stamped, key)
    return stamped


def is_genuine(fields: Mapping[str, str], key: str) -> bool:
    """Whether `sig` is the signature of the fields; compared in constant time."""
    return hmac.compare_digest(sign(fields, key).encode(), fields.get("sig", "").encode())


@lru_cache(maxsize=64)  # of the few sources that there are; a key is set up once
def _keyed(key: str) -> hmac.HMAC:
    return hmac.new(key.encode(), digestmod=hashlib.sha256)


def _bytes(text: str) -> int:
    return len(text.encode())
