"""Hides phone numbers, e-mail addresses and keys in what people read: logs, tracebacks, dead letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

_SHORTEST_SECRET = 8  # characters; what is shorter would stand in half of all words
_SENSITIVE = re.compile(r"phone|e_?mail|password|secret|auth_token|authorization|(api|data|source)_key", re.I)

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}(@|%40)[\w-]+(\.[\w-]+)+")
# E.164 with and without separators, its plus also as in URLs; and the common national groups of 3, 3 and 4 digits. No
# bare run of digits: ids and times are such.
_PHONE = re.compile(
    r"(?:%2B|(?<![\w+])\+)(?=[1-9])(?:[\s().-]{0,2}\d){7,15}(?!\d)"
    r"|(?<![\w-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])",
    re.I,
)
# In what viewers write, a bare run of so many digits is taken for a number too.
_BARE_PHONE = re.compile(r"(?<!\w)\d(?:[\s.-]?\d){8,14}(?!\w)")
_KEYS = re.compile(
    r"\b(?:sk|rk|pk)_(?:test|live)_\w+|\bwhsec_[\w+/=]+|\bgAAAA[\w=-]{20,}|(?<=://)[^\s/:@]*:[^\s/@]+(?=@)"
    r"|(?<=\bBearer )\S+|(?<=\bBasic )\S+",
)


def masked(text: str) -> str:
    """The text with "[phone]", "[e-mail]" and "[key]" where such stood."""
    text = _KEYS.sub("[key]", text)
    return _PHONE.sub("[phone]", _EMAIL.sub("[e-mail]", text))


def masked_words(text: str) -> str:
    """As `masked`, for what a viewer wrote: there any long run of digits may be a phone number."""
    return _BARE_PHONE.sub("[phone]", masked(text))


def masked_value(value: Any, mask: Callable[[str], str] = masked) -> Any:
    """A value for JSON with every text in it masked, also names; what is no JSON value becomes its masked text."""
    match value:
        case str():
            return mask(value)
        case None | bool() | int() | float() | UUID():
            return value
        case Mapping():
            return {
                mask(str(name)): "[hidden]"
                if held and _SENSITIVE.search(str(name))
                else masked_value(held, mask)
                for name, held in value.items()
            }
        case list() | tuple() | set() | frozenset():
            return [masked_value(each, mask) for each in value]
        case _:
            return mask(str(value))


class Mask:
    """Masks texts, and in them these secrets of this process too, whatever they look like."""

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        long = sorted({each for each in secrets if len(each) >= _SHORTEST_SECRET}, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, long))) if long else None

    def __call__(self, text: str) -> str:
        return masked(self._secrets.sub("[key]", text) if self._secrets else text)

    def event(self, _logger: object, _method: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """A processor of structlog's: the event with everything masked."""
        whole: Mapping[str, Any] = masked_value(event, self)
        return whole
