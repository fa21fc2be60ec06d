"""Takes out of a comment what says who wrote it or to whom: mentions, addresses, links, numbers of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

_HIDDEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"  # what is not seen may stand between letters
_MENTION = re.compile(rf"[@＠][{_HIDDEN}]*\w[\w.{_HIDDEN}-]*(?<![.-])")
_MAIL = re.compile(r"[\w.+-]+[@＠][\w-]+(?:\.[\w-]+)+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|(?<![\w.])[\w-]+(?:\.[a-z]{2,})+/\S+", re.IGNORECASE)
_PERSONAL_DIGITS = 7  # no price or quantity is so long; telephone, order and account numbers are
_NUMBER = re.compile(rf"\d(?:[\s().+/{_HIDDEN}-]{{0,3}}\d){{{_PERSONAL_DIGITS - 1},}}")
_SHORTEST_NAME = 4  # a handle like "me" is a word first


def masked(text: str, names: Iterable[str] = ()) -> str:
    """The comment with @user for mentions, `names` and mail addresses, example.com for links, and zeros for numbers
    of seven digits and more, of any script. All other words stay.

    >>> masked("@ana.b call +1 (555) 010-0001, 2 in M pls")
    '@user call +0 (000) 000-0000, 2 in M pls'
    """
    text = _LINK.sub("example.com", _MAIL.sub("@user", text))
    for name in sorted({name for name in names if len(name) >= _SHORTEST_NAME}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "@user", text, flags=re.IGNORECASE)
    text = _MENTION.sub("@user", text)
    return _NUMBER.sub(lambda number: re.sub(r"\d", "0", number[0]), text)
