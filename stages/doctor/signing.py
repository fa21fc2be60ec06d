"""Whether whoever pushes comments can sign them, by a key that nobody guesses."""

from __future__ import annotations

from pydantic import SecretStr

from pipeline.finding import Finding
from stages.doors.gateway import SOURCE as GATEWAY
from stages.settings import ShopSettings

_SUBJECT = "Signing"
_SHORTEST = 16  # characters
_EXAMPLES = frozenset({"a long random text", "a long random one"})
_NEW_KEY = "`openssl rand -hex 32`"


def signing_finding(settings: ShopSettings) -> Finding:
    """Of SOURCE_KEYS: whoever knows one of a verified source can charge saved cards."""
    keys = {name: key.get_secret_value() for name, key in settings.source_keys.items()}
    if guessed := sorted(name for name, key in keys.items() if key and is_guessable(name, key)):
        return Finding(
            "error",
            _SUBJECT,
            f"SOURCE_KEYS has a key that is easy to guess ({', '.join(guessed)}): whoever guesses it can charge saved "
            f"cards. Make a long random one: {_NEW_KEY}.",
        )
    if not settings.source_keys.get(GATEWAY, SecretStr("")).get_secret_value():
        return Finding(
            "warning",
            _SUBJECT,
            f'SOURCE_KEYS has no key for "{GATEWAY}": its comments are not signed, so that no saved card is charged '
            f"and every buyer gets a pay link. Give it a long random one: {_NEW_KEY}.",
        )
    if GATEWAY not in settings.verified_sources:
        words = "The gateway signs, and its buyers get pay links (see VERIFIED_SOURCES)."
        return Finding("ok", _SUBJECT, words)
    return Finding("ok", _SUBJECT, "The gateway signs, and its comments may charge a saved card.")


def is_guessable(name: str, key: str) -> bool:
    """Short, of few different characters, the source's own name, or copied out of the documentation."""
    return len(key) < _SHORTEST or len(set(key)) < _SHORTEST // 2 or key == name or key in _EXAMPLES
