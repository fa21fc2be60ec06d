"""The text of an API key, and what is kept of it.

A key is `tts_<id>_<secret>`: the id (12 of 0-9a-z) finds it, the secret (256 random bits) opens the door. Of the secret
only the SHA-256 is kept: with so many random bits, a slow hash would add nothing but work.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

Scope: TypeAlias = Literal["ingest", "orders", "console", "metrics", "admin"]

_ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(r"tts_([0-9a-z]{12})_([A-Za-z0-9_-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as it is shown; its `repr` does not hold the secret."""

    id: str
    secret_hash: bytes

    @classmethod
    def drawn(cls) -> tuple[Self, str]:
        """A new key and its text, which nobody can derive from what is kept."""
        key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(12))
        secret = secrets.token_urlsafe(32)
        return cls(key_id, _hash(secret)), f"tts_{key_id}_{secret}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The key that a text is; None where it is none."""
        found = _KEY.fullmatch(text)
        return cls(found[1], _hash(found[2])) if found else None

    def opens(self, secret_hash: bytes) -> bool:
        """Whether the secret is the one that was kept; it takes as long either way."""
        return hmac.compare_digest(self.secret_hash, secret_hash)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
