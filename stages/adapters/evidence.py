"""From similarities to a verdict: which product, and how sure."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from stages.adapters.models import MissingModel

Similarities = npt.NDArray[np.float32]
"""Of one frame: (regions, products)."""

_ALONE = -1.0  # the runner-up's similarity in a catalog of one: as unlike as can be


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for the best product, at position `product` in the index.

    `similarity`: its cosine in the frames that show it best; `margin`: how far the runner-up is behind;
    `agreement`: the share of the telling regions that would choose it too.
    """

    product: int
    similarity: float
    margin: float
    agreement: float


def weigh(frames: Sequence[Similarities]) -> Evidence | None:
    """The best product over all frames and regions; None where there is nothing to compare.

    A product's support is its best region in a frame, averaged over the half of the frames that support it
    most: the host turns away and changes products within the seconds a comment looks back on, and one
    frame's accident shouldn't decide.
    """
    seen = [frame for frame in frames if frame.size]
    if not seen:
        return None
    per_frame = np.stack([frame.max(axis=0) for frame in seen])  # (frames, products)
    telling = np.sort(per_frame, axis=0)[len(seen) // 2 :]
    support = telling.mean(axis=0)
    best = int(support.argmax())
    others = np.delete(support, best)
    runner_up = float(others.max()) if len(others) else _ALONE
    return Evidence(best, float(support[best]), float(support[best]) - runner_up, _agreement(seen, best))


def _agreement(frames: Sequence[Similarities], best: int) -> float:
    regions = np.concatenate(frames)
    strength = regions.max(axis=1)
    # Regions of wall and face choose some product too; only the better half is asked.
    asked = regions[strength >= np.median(strength)]
    return float((asked.argmax(axis=1) == best).mean())


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression from evidence to the probability that the best product is the one shown.

    Fitted by `python -m stages.training.vision_calibration`; at most `margin_cap` of margin counts.
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

    def score(self, evidence: Evidence) -> float:
        """In [0, 1]; above 0.7 is meant to be right nearly always."""
        z = (
            self.intercept
            + self.similarity * evidence.similarity
            + self.margin * min(evidence.margin, self.margin_cap)
            + self.agreement * evidence.agreement
        )
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, z))))
