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
    mac = _keyed(key).copy()
    parts = [_measured(text) for name in sorted(fields) if name != "sig" for text in (name, fields[name])]
    mac.update("".join(parts).encode())
    return mac.hexdigest()


def signed(fields: Mapping[str, str], *, source: str, key: str) -> dict[str, str]:
    """The fields with `source` and `sig` added. A `message_id` is required: without one a copied entry would
    be a second comment with a good signature."""
    if not fields.get("message_id"):
        raise ValueError("Only a comment with a message_id can be signed.")
    stamped = {**fields, "source": source}
    return {**stamped, "sig": sign(stamped, key)}


def is_genuine(fields: Mapping[str, str], key: str) -> bool:
    """Whether `sig` is the signature of the fields; compared in constant time."""
    return hmac.compare_digest(sign(fields, key).encode(), fields.get("sig", "").encode())


@lru_cache(maxsize=64)  # of the few sources that there are; a key is set up once
def _keyed(key: str) -> hmac.HMAC:
    return hmac.new(key.encode(), digestmod=hashlib.sha256)


def _measured(text: str) -> str:
    return f"{len(text) if text.isascii() else len(text.encode())}:{text}"
