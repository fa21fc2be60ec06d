"""From which score on an early answer is as good as the whole network's: measured on comments nobody learnt from."""

from __future__ import annotations

import math
from collections.abc import Sequence

FEWEST = 50  # comments that a bound is drawn from


def most_share(hits: int, of: int, doubt: float = 0.05) -> float:
    """The largest share that `hits` among `of` don't refute: the upper one-sided Clopper-Pearson bound.

    >>> round(most_share(0, 149), 4), round(most_share(2, 100), 4)
    (0.0199, 0.0616)
    """
    low, high = hits / of, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, of, middle) > doubt else (low, middle)
    return high


def least_score(
    scores: Sequence[float], differs: Sequence[bool], harm: Sequence[int], most: float
) -> float | None:
    """The least of these scores at and above which an answer may stand; None where there is none.

    Of the comments there the early answers differ from the whole network's in a share of at most `most` (its upper
    bound), and do no `harm` in all: 1 where only the network is right by the label, -1 where only the early answer is.
    """
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    least, differing, harmed = None, 0, 0
    for count, place in enumerate(order, start=1):
        differing += differs[place]
        harmed += harm[place]
        is_tied = count < len(order) and scores[order[count]] == scores[place]
        if count >= FEWEST and not is_tied and harmed <= 0 and most_share(differing, count) <= most:
            least = scores[place]
    return least


def _at_most(hits: int, of: int, share: float) -> float:
    """The probability of at most `hits` among `of`, each with the probability `share`."""
    if share >= 1:
        return float(hits >= of)
    logs = (
        math.lgamma(of + 1)
        - math.lgamma(i + 1)
        - math.lgamma(of - i + 1)
        + (i * math.log(share) if i else 0.0)
        + (of - i) * math.log1p(-share)
        for i in range(hits + 1)
    )
    return sum(map(math.exp, logs))
