"""Who is logged in: a sealed cookie that names a key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

COOKIE = "tiktoksales_console"
LIFE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Seals and opens the cookie. It holds the id of the key that was shown, never its secret; whether the key is
    still good is asked at every request."""

    seal: MultiFernet
    now: Callable[[], datetime]

    @classmethod
    def under(cls, data_keys: Sequence[str], now: Callable[[], datetime]) -> Sessions:
        """Sessions that any process with these keys knows; without a key, only this process until its end."""
        seals = [_seal_of(key) for key in data_keys] or [Fernet(Fernet.generate_key())]
        return cls(MultiFernet(seals), now)

    def begin(self, key_id: str) -> str:
        """A cookie's value for whoever showed the key of this id; good for LIFE."""
        return self.seal.encrypt_at_time(key_id.encode(), self._seconds()).decode()

    def key_id(self, cookie: str) -> str | None:
        """Which key was shown; None where the cookie isn't ours, or has grown too old."""
        try:
            opened = self.seal.decrypt_at_time(cookie.encode(), int(LIFE.total_seconds()), self._seconds())
        except InvalidToken:
            return None
        return opened.decode()

    def _seconds(self) -> int:
        return int(self.now().timestamp())


def _seal_of(data_key: str) -> Fernet:
    """A key of its own purpose, by HKDF (RFC 5869)."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"tiktoksales console session")
    return Fernet(base64.urlsafe_b64encode(derived.derive(data_key.encode())))
