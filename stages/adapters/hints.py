"""What else than the picture says which product is meant: the comment's words, and what the host pinned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from stages.adapters.phrases import Phrase, Wording, phrase

LogOdds = npt.NDArray[np.float64]
"""For each product of an index, in its order: the natural logarithm of how many times likelier it is meant."""

_CODE = 6.0  # nobody types a product's code by chance
_NAME = 4.0  # who says a product's whole name nearly always means it
_PART_OF_NAME = 3.0  # at most, for all but the words that say nothing
_ALIAS, _WORD = 2.5, 1.5  # "denim jacket"; "jacket", which may be any
_PINNED = 1.5  # viewers buy what is pinned; some are still at the product before

_CODE_SCORE, _NAME_SCORE, _ALIAS_SCORE = 0.95, 0.85, 0.6


@dataclass(frozen=True, slots=True)
class Called:
    """What viewers call a product. Its sku is its code, and so is an alias like one: with a digit, in one word."""

    sku: str
    name: str
    aliases: tuple[str, ...] = ()

    @property
    def codes(self) -> Iterator[str]:
        """The sku and the aliases that are codes; a sku without a digit is a word like any other."""
        for name in (self.sku, *self.aliases):
            if any(sign.isdigit() for sign in name) and len(name.split()) == 1:
                yield name


@dataclass(frozen=True, slots=True)
class Said:
    """The one product that a comment names; `score` is the probability that it is meant, before anything is seen."""

    sku: str
    score: float
    by_code: bool


class Vocabulary:
    """The words by which a catalog's products are named. Immutable."""

    def __init__(self, products: Sequence[Called]) -> None:
        self._products = tuple(products)
        self._places = {product.sku: place for place, product in enumerate(products)}
        self._spelt = {product.sku.casefold(): place for place, product in enumerate(products)}
        self._names = [phrase(product.name) for product in products]
        self._aliases = [
            [phrase(alias) for alias in product.aliases if alias not in product.codes] for product in products
        ]
        self._carriers: dict[str, set[int]] = {}
        for place, name in enumerate(self._names):
            for word in {word for each in (name, *self._aliases[place]) for word in each.words}:
                self._carriers.setdefault(word, set()).add(place)

    @cached_property
    def codes(self) -> Mapping[str, str]:
        """The sku of each code; a code of several products is none."""
        pairs = {(code, product.sku) for product in self._products for code in product.codes}
        carriers = Counter(code for code, _ in pairs)
        return {code: sku for code, sku in pairs if carriers[code] == 1}

    def outright(self, text: str, code: str | None = None) -> Said | None:
        """The product that a comment names outright; None where it names none or several.

        The rule: a claim code of the catalog (`code`, as `resolve_claim` gives it) scores 0.95. A product's whole
        name, in any order, scores 0.85, and an alias of several words 0.6, where no other product has all these
        words; a part of a name, or an alias of one word ("jacket"), names nothing outright.
        """
        if code is not None and code in self.codes:
            return Said(self.codes[code], _CODE_SCORE, by_code=True)
        found = {
            (place, _NAME_SCORE if is_name else _ALIAS_SCORE)
            for place, said, is_name in self._said(Wording(text))
            if (is_name or said.is_long) and len(self._sharing(said)) == 1
        }
        if len({place for place, _ in found}) != 1:
            return None
        place, score = max(found)
        return Said(self._products[place].sku, score, by_code=False)

    def log_odds(
        self, skus: Sequence[str], text: str = "", code: str | None = None, pinned: str | None = None
    ) -> LogOdds:
        """The hints for the products `skus`, in this order; zeros where nothing hints.

        A name counts by the share of its words that the comment has, each word weighing less the more products
        have it: "jacket" tells nothing among jackets. Raises KeyError for a sku that is not in the vocabulary;
        a `pinned` one that isn't says nothing.
        """
        odds = self._said_odds(text)
        if code is not None and code in self.codes:
            odds[self._places[self.codes[code]]] = _CODE
        # What is said of every product alike says nothing of one.
        odds -= odds.min(initial=np.inf) if len(odds) > 1 else 0.0
        place = self._spelt.get(pinned.strip().casefold()) if pinned else None
        if place is not None:
            odds[place] += _PINNED
        return odds[[self._places[sku] for sku in skus]]

    def _said_odds(self, text: str) -> LogOdds:
        odds = np.zeros(len(self._products))
        wording = Wording(text)
        for place in {place for word in self._heard(wording) for place in self._carriers[word]}:
            name = self._names[place].words
            if telling := sum(1 / len(self._carriers[word]) for word in name):
                share = sum(1 / len(self._carriers[word]) for word in name if wording.has(word)) / telling
                odds[place] = _PART_OF_NAME * share
        for place, said, is_name in self._said(wording):
            weight = _NAME if is_name else _ALIAS if said.is_long else _WORD
            odds[place] = max(odds[place], weight / len(self._sharing(said)))
        return odds

    def _said(self, wording: Wording) -> list[tuple[int, Phrase, bool]]:
        """(place, name or alias, is it the name) of all that is wholly said, but what is a part of a longer one."""
        near = {place for word in self._heard(wording) for place in self._carriers[word]}
        said = [
            (place, each, each is self._names[place])
            for place in near
            for each in (self._names[place], *self._aliases[place])
            if each.words and all(map(wording.has, each.words))
        ]
        return [one for one in said if not any(one[1].is_part_of(other) for _, other, _ in said)]

    def _heard(self, wording: Wording) -> list[str]:
        return [word for word in self._carriers if wording.has(word)]

    def _sharing(self, said: Phrase) -> set[int]:
        """The products that have all words of the phrase."""
        return set.intersection(*(self._carriers[word] for word in said.words))
