"""Figures about a classifier's answers, and the temperature that makes its scores honest."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float32], temperature: float = 1.0) -> NDArray[np.float64]:
    """Row by row: probabilities of logits divided by `temperature`."""
    scaled = logits.astype(np.float64) / temperature
    raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def log_loss(logits: NDArray[np.float32], gold: Sequence[int], temperature: float) -> float:
    """Mean negative log-likelihood of the right answers."""
    likely = softmax(logits, temperature)[np.arange(len(gold)), list(gold)]
    return float(-np.log(np.maximum(likely, 1e-12)).mean())


def fit_temperature(logits: NDArray[np.float32], gold: Sequence[int]) -> float:
    """The temperature in [0.5, 5] of least log loss (Guo et al. 2017), to two places.

    Fit it on comments that the network hasn't learnt from.
    """
    candidates = np.arange(0.5, 5.005, 0.01)
    return round(
        float(min(candidates, key=lambda temperature: log_loss(logits, gold, float(temperature)))), 2
    )


def prior_margin(taught: float, live: float) -> float:
    """What to take from the scaled logit of an intent whose share was `taught` and is `live`, to two places.

    The difference of the log odds (Saerens et al. 2002): every fourth comment that teaches is a buy, and most
    others are made to look like one; in live chat a buy is one comment of many.
    """
    return round(math.log(taught / (1 - taught)) - math.log(live / (1 - live)), 2)


def macro_f1(answers: Sequence[str], gold: Sequence[str]) -> float:
    """The mean over the gold labels of each label's F1."""
    scores = []
    for label in sorted(set(gold)):
        hits = sum(answer == label == right for answer, right in zip(answers, gold, strict=True))
        named = sum(answer == label for answer in answers)
        present = sum(right == label for right in gold)
        scores.append(2 * hits / (named + present))
    return sum(scores) / len(scores)


def precision_recall(answers: Sequence[str], gold: Sequence[str], label: str) -> tuple[float, float]:
    """(precision, recall) of one label; 0.0 where nothing was named or present."""
    hits = sum(answer == label == right for answer, right in zip(answers, gold, strict=True))
    named = sum(answer == label for answer in answers)
    present = sum(right == label for right in gold)
    return hits / named if named else 0.0, hits / present if present else 0.0
