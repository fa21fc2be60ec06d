"""Personal data as it lies in the database: encrypted, and found again by a keyed hash.

A sealed text is a Fernet token (AES-128-CBC with HMAC-SHA256, https://github.com/fernet/spec). The blind index is an
HMAC-SHA256 under a key that HKDF derives from the same data key, so that no setting of its own has to be kept: a row
is indexed anew when it is sealed anew, and until then it is looked for under all keys (`indexes`).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stages.mendable import Mendable

NEW_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
_KEY_BYTES = 32
# Version 0x80 and the first bytes of a time before the year 2106. No phone number and no address looks like it.
_SEALED = re.compile(r"gAAAA[A-Za-z0-9_=-]{90,}")


class UnusableDataKeys(Mendable):
    """DATA_KEYS are missing, malformed, or not those that a text was sealed with; the message says which."""


class Vault:
    """Seals under the newest key, opens what any of the keys sealed."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: newest first, each 32 bytes in URL-safe base64, as Fernet's. Without any, nothing can be sealed and
        nothing sealed be opened. Raises UnusableDataKeys, which names no key."""
        raw = [_decoded(number, key) for number, key in enumerate(keys, 1)]
        self._fernet = MultiFernet([Fernet(key) for key in keys]) if keys else None
        self._index_keys = [_index_key(key) for key in raw]

    @property
    def has_keys(self) -> bool:
        """Whether anything can be sealed."""
        return self._fernet is not None

    def seal(self, text: str) -> str:
        """The text, encrypted under the newest key. Raises UnusableDataKeys where there is none."""
        return self._keyed().encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text that was sealed; one that never was (somebody wrote it into the database by hand) comes back as it
        is. Raises UnusableDataKeys where none of the keys fits."""
        if not is_sealed(sealed):
            return sealed
        try:
            return self._keyed().decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise _no_fit() from error

    def reseal(self, sealed: str) -> str:
        """The same text under the newest key, also one that never was sealed. Raises UnusableDataKeys."""
        return self.seal(self.open(sealed))

    def index(self, text: str) -> str:
        """The blind index under the newest key, to be stored beside the sealed text: the same for texts that differ
        in case or in the white space around them only. Raises UnusableDataKeys where there is no key."""
        self._keyed()
        return _index(text, self._index_keys[0])

    def indexes(self, text: str) -> list[str]:
        """The blind indexes under all keys: what a look-up compares with, so that it also finds rows that were not
        sealed anew yet."""
        return [_index(text, key) for key in self._index_keys]

    def _keyed(self) -> MultiFernet:
        if self._fernet is None:
            raise UnusableDataKeys(
                f"DATA_KEYS is not set, and phone numbers and e-mail addresses are stored encrypted only: make a key "
                f"({NEW_KEY}), keep it, and set DATA_KEYS to a JSON list that holds it."
            )
        return self._fernet


def is_sealed(text: str) -> bool:
    """Whether a text is of the form that `Vault.seal` gives."""
    return _SEALED.fullmatch(text) is not None


def _index(text: str, key: bytes) -> str:
    return hmac.new(key, text.strip().casefold().encode(), hashlib.sha256).hexdigest()


def _index_key(key: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"tiktoksales blind index").derive(key)


def _decoded(number: int, key: str) -> bytes:
    try:
        raw = base64.b64decode(key.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(number) from error
    if len(raw) != _KEY_BYTES:
        raise _malformed(number)
    return raw


def _malformed(number: int) -> UnusableDataKeys:
    return UnusableDataKeys(
        f"DATA_KEYS: key {number} is not 32 bytes in URL-safe base64. Make one: {NEW_KEY}"
    )


def _no_fit() -> UnusableDataKeys:
    return UnusableDataKeys(
        "None of DATA_KEYS opens a text in the database: add the key that it was sealed with, behind the newest one. "
        "Only `tiktoksales rotate-keys` makes an older key dispensable."
    )
