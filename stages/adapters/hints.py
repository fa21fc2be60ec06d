"""What else than the picture says which product is meant: the comment's words, and what the host pinned."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

LogOdds = npt.NDArray[np.float64]
"""For each product of an index, in its order: the natural logarithm of how many times likelier it is meant."""

_NAMED = 3.0  # a comment that says a product's whole name means it about twenty times as often as not
_PINNED = 1.5  # viewers buy what is pinned; some are still at the product before
_WORD = re.compile(r"\w+")


def hint_log_odds(names: Sequence[str], comment: str = "", pinned: int | None = None) -> LogOdds:
    """The hints for products called `names`; zeros where nothing hints.

    A product counts as named by the share of its name's words that the comment has, each word weighing
    less the more products have it: "jacket" tells nothing among jackets. Raises IndexError where
    `pinned` is no position in `names`.
    """
    words = [set(_words(name)) for name in names]
    carriers = Counter(word for name in words for word in name)
    said = set(_words(comment))
    odds = np.zeros(len(names))
    for place, name in enumerate(words):
        if telling := sum(1 / carriers[word] for word in name):
            odds[place] = _NAMED * sum(1 / carriers[word] for word in name & said) / telling
    # What is said of every product alike says nothing of one.
    odds -= odds.min(initial=np.inf) if len(names) > 1 else 0.0
    if pinned is not None:
        odds[pinned] += _PINNED
    return odds


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
