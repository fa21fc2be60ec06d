"""What the network is taught last: real comments, which hardly ever buy, and those that it takes for buys."""

from collections.abc import Sequence
from random import Random

from torch import Tensor

from stages.training.text.dataset import INTENTS, Example
from stages.training.text.tuning import Plan

PLAN = Plan(epochs=1, rate=4e-5, head_rate=2e-4)
REAL = "real"  # the author of labelled real comments
OTHERS = 2_500  # comments of the other authors, so that nothing is forgotten
_BUY = INTENTS.index("buy")
# Of 1,300 real comments under product videos three are buys. So one that a teacher takes for a buy, unless
# it is quite sure, is none: its likeliest other intent is taught.
DOUBTFUL = (0.08, 0.97)


def settling_examples(
    taught: Sequence[Example], unlabelled: Sequence[str], opinions: Tensor, random: Random
) -> list[Example]:
    """Real comments, some of the others, and the doubtful buys among `unlabelled`, shuffled.

    `opinions` are a teacher's logits [unlabelled, intents].
    """
    real = [example for example in taught if example.author == REAL]
    others = [example for example in taught if example.author != REAL]
    doubtful = [
        Example(text, INTENTS[_likeliest_but_buy(shares)], "und", REAL)
        for text, shares in zip(unlabelled, opinions.softmax(1).tolist(), strict=True)
        if DOUBTFUL[0] < shares[_BUY] < DOUBTFUL[1]
    ]
    examples = real + random.sample(others, min(OTHERS, len(others))) + doubtful
    random.shuffle(examples)
    return examples


def _likeliest_but_buy(shares: Sequence[float]) -> int:
    return max((place for place in range(len(shares)) if place != _BUY), key=shares.__getitem__)
