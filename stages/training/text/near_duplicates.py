"""Which comments say the same in nearly the same letters: they may not stand on both sides of a split."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from stages.adapters.normalise import normalise

LIKE = 0.7  # share of common trigrams from which two texts count as one
SHORTEST = 10  # letters and digits; shorter texts ("sold 12") are idioms, and only the same one repeats them


class NearDuplicates:
    """Finds, among `texts`, one that nearly repeats another text."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts: list[str] = []
        self._exact: dict[str, int] = {}
        self._places: dict[str, list[int]] = defaultdict(list)
        self._sizes: list[int] = []
        for text in texts:
            self._add(text)

    def _add(self, text: str) -> None:
        bare, trigrams = _bare(text), _trigrams(_bare(text))
        place = len(self._texts)
        self._texts.append(text)
        self._sizes.append(len(trigrams))
        self._exact.setdefault(bare or text, place)
        for trigram in trigrams:
            self._places[trigram].append(place)

    def of(self, text: str) -> str | None:
        """The known text that `text` nearly repeats: the same letters and digits, or 70 % of all trigrams
        (Jaccard) where it has ten letters and more; None when there is none."""
        bare = _bare(text)
        if (place := self._exact.get(bare or text)) is not None:
            return self._texts[place]
        trigrams = _trigrams(bare)
        if len(bare) < SHORTEST:
            return None
        shared = Counter(place for trigram in trigrams for place in self._places.get(trigram, ()))
        for place, count in shared.items():
            if count / (len(trigrams) + self._sizes[place] - count) >= LIKE:
                return self._texts[place]
        return None


def _bare(text: str) -> str:
    return "".join(sign for sign in normalise(text).casefold() if sign.isalnum())


def _trigrams(bare: str) -> set[str]:
    return {bare[at : at + 3] for at in range(max(1, len(bare) - 2))}
