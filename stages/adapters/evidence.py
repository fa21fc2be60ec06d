"""From similarities to a verdict: which product, and how sure."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stages.adapters.hints import LogOdds
from stages.adapters.models import MissingModel

Similarities = npt.NDArray[np.float32]
"""Of one frame: (regions, products)."""

_ROUNDING = 1e-6  # by which equal cosines may differ
_ALONE = -1.0  # the runner-up's similarity in a catalog of one: as unlike as can be


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best product, at position `product` in the index.

    `similarity`: its cosine in the frames that show it best; `margin`: how far the runner-up is behind;
    `agreement`: the share of the telling regions that would choose it too; `hint`: the log-odds that
    something else than the picture adds. A product that is best by its hint has a negative margin.
    """

    product: int
    similarity: float
    margin: float
    agreement: float
    hint: float = 0.0


def weigh(
    frames: Sequence[Similarities], hints: LogOdds | None = None, *, worth: float = 20.0
) -> Evidence | None:
    """The best product over all frames and regions; None where there is nothing to compare.

    A product's support is its best region in a frame, averaged over the half of the frames that support it
    most: the host turns away and changes products within the seconds a comment looks back on, and one
    frame's accident shouldn't decide. A product's hint joins it; `worth` log-odds weigh as much as a cosine
    of 1.
    """
    seen = [frame for frame in frames if frame.size]
    if not seen:
        return None
    per_frame = np.stack([frame.max(axis=0) for frame in seen])  # (frames, products)
    telling = np.sort(per_frame, axis=0)[len(seen) // 2 :]
    support = telling.mean(axis=0)
    odds = np.zeros(len(support)) if hints is None else hints
    best = int((support + odds / worth).argmax())
    runner_up = _second(support, best, _ALONE)
    # A hint at another product speaks against this one; that nothing hints at the others doesn't speak for it.
    hint = float(odds[best]) - _second(odds, best, 0.0)
    return Evidence(
        best, float(support[best]), float(support[best]) - runner_up, _agreement(seen, best), hint
    )


def _second(values: npt.NDArray[np.floating], best: int, least: float) -> float:
    """The greatest but for that at `best`; `least` where there is none above."""
    others = values.copy()
    others[best] = least
    return float(others.max(initial=least))


def _median(values: npt.NDArray[np.float32]) -> np.float32:
    """Of one at least; as numpy's, in a tenth of its time."""
    ordered = np.sort(values)
    lower, upper = ordered[(len(values) - 1) // 2], ordered[len(values) // 2]
    return np.float32((lower + upper) / 2)


def _agreement(frames: Sequence[Similarities], best: int) -> float:
    regions = np.concatenate(frames)
    strength = regions.max(axis=1)
    # Regions of wall and face choose some product too; only the better half is asked.
    asked = strength >= _median(strength)
    # Of products with the same picture a region chooses each, not whichever is listed first.
    return float((regions[asked, best] >= strength[asked] - _ROUNDING).mean())


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from evidence to the probability that the best product is the one shown.

    Fitted by `python -m stages.training.vision_calibration`; at most `margin_cap` of margin counts. Hints
    are independent of the picture, so their log-odds are added (Bayes' rule).
    """

    intercept: float
    similarity: float
    margin: float
    agreement: float
    margin_cap: float

    @classmethod
    def from_file(cls, path: Path) -> "Calibration":
        """Read the constants; MissingModel when there is no such file, ValueError when it is malformed."""
        if not path.is_file():
            raise MissingModel(
                f"There is no score calibration at {path}. Install the package with its models, or write one "
                "with `python -m stages.training.vision_calibration`, or set VISION_MODEL to a folder that has one."
            )
        try:
            constants = json.loads(path.read_text())
            return cls(**{field.name: float(constants[field.name]) for field in fields(cls)})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no score calibration: {error!r}. Write it anew.") from error

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @property
    def worth(self) -> float:
        """The log-odds that a cosine of 1 more than the others' is worth."""
        return max(1.0, self.similarity + self.margin)

    def score(self, evidence: Evidence) -> float:
        """In [0, 1]; above 0.7 is meant to be right nearly always."""
        z = (
            self.intercept
            + self.similarity * evidence.similarity
            + self.margin * min(evidence.margin, self.margin_cap)
            + self.agreement * evidence.agreement
            + evidence.hint
        )
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
