"""Fit and judge the matcher's score: `python -m stages.training.vision_calibration --sprites DIR --grocery DIR`.

An episode is what a comment looks back on: one to five frames of one product and a catalog, in which
the product is listed or not. The score is fitted on episodes of a part of the grocery products that the
embedding was not trained with, and of composites with products that no model saw; it is judged on phone
photos of another part.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.progress import track

from stages.adapters.catalog_index import CatalogIndex, ProductVectors
from stages.adapters.detector import Detector
from stages.adapters.embedding import Embedder
from stages.adapters.evidence import Calibration, Evidence, weigh
from stages.adapters.matcher import FrameDescription, Matcher
from stages.training.composites import Composer
from stages.training.detector import SEED, pools
from stages.training.grocery import GroceryProduct, grocery_parts
from stages.training.vision_options import picture_arguments

_ACCEPT = 0.7
_SHOWS = 120  # composed products, with three frames each
_MARGIN_CAP = 0.15  # beyond this the runner-up tells nothing more; in a catalog of one there is none
_WRONG_WEIGHS = 1.5  # times a right one in the fit: a wrong match sells somebody the wrong thing
_CATALOG_SIZES = (1, 3, 8, 20, 60)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products with their catalog vectors, and the frames that show each, described."""

    products: dict[str, ProductVectors]
    frames: dict[str, list[FrameDescription]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One episode's evidence; `right`: the best product is the one shown; `listed`: the catalog has it."""

    evidence: Evidence
    right: bool
    listed: bool


def main() -> None:
    """Describe, fit, judge; writes calibration.json and prints the figures as one JSON line."""
    parser = picture_arguments(__doc__)
    parser.add_argument("--models", type=Path, default=Path("stages/models/vision"))
    options = parser.parse_args()
    matcher = Matcher(
        Detector(options.models / "detector.onnx"),
        Embedder(options.models / "embedding.onnx"),
        Calibration(0, 0, 0, 0, 0),  # not used while it is being fitted
    )
    parts = grocery_parts(options.grocery)
    fitting, test = grocery_shelf(parts.calibration, matcher), grocery_shelf(parts.test, matcher)
    composed = composed_shelf(options.sprites, options.grocery, matcher)
    calibration = fit([*episodes(fitting, 1500), *episodes(composed, 1500)])
    calibration.save(options.models / "calibration.json")
    crossed = fit([*episodes(test, 1500), *episodes(composed, 1500)])
    figures = {
        "grocery_test": judge(episodes(test, 3000), calibration),
        "grocery_test_one_photo": judge(whole_catalog(test), calibration),
        "grocery_crossed": judge(episodes(fitting, 3000), crossed),
        "grocery_untrained_one_photo": judge(whole_catalog(joined(fitting, test)), calibration),
        "composites": judge(episodes(composed, 3000), calibration),
    }
    print(json.dumps(figures))


def grocery_shelf(products: Sequence[GroceryProduct], matcher: Matcher) -> Shelf:
    """The products by their studio pictures, and all phone photos of them."""
    shelf = Shelf({}, {})
    for product in track(products, description="grocery photos"):
        picture = Image.open(product.picture)
        shelf.products[product.sku] = matcher.describe_product(product.sku, [picture])
        shelf.frames[product.sku] = [matcher.describe(Image.open(path)) for path in product.photos]
    return shelf


def joined(first: Shelf, second: Shelf) -> Shelf:
    """A shelf with the products of both, which may share none."""
    return Shelf({**first.products, **second.products}, {**first.frames, **second.frames})


def composed_shelf(sprites: Path, grocery: Path, matcher: Matcher) -> Shelf:
    """Composed shows of sprites and drawn products held out from the detector's training."""
    _, (pool, backgrounds) = pools(sprites, grocery)
    random = Random(SEED)
    composer = Composer(pool, backgrounds, random)
    shelf = Shelf({}, {})
    names = [name for name in pool.names() if not name.startswith("photo:")]
    for name in track(random.sample(names, _SHOWS), description="composed shows"):
        shelf.products[name] = matcher.describe_product(name, [pool.picture(name)])
        shelf.frames[name] = matcher.describe_all([composer.compose([name]).picture for _ in range(3)])
    return shelf


def episodes(shelf: Shelf, count: int) -> list[Verdict]:
    """Chance episodes of a shelf: half with the product in the catalog, half without."""
    random = Random(SEED)
    skus = sorted(shelf.products)
    verdicts = []
    for number in range(count):
        shown, listed = random.choice(skus), number % 2 == 0
        size = min(random.choice(_CATALOG_SIZES), len(skus) - 1)
        others = random.sample([sku for sku in skus if sku != shown], size)
        catalog = [*others[1:], shown] if listed else others
        frames = shelf.frames[shown]
        seen = random.sample(frames, min(random.randint(1, 5), len(frames)))
        verdicts.append(verdict(shelf, catalog, seen, shown))
    return verdicts


def whole_catalog(shelf: Shelf) -> list[Verdict]:
    """Every single frame against the shelf's whole catalog, and against it without the product shown."""
    skus = sorted(shelf.products)
    return [
        verdict(shelf, catalog, [frame], shown)
        for shown in skus
        for catalog in (skus, [sku for sku in skus if sku != shown])
        for frame in shelf.frames[shown]
    ]


def verdict(shelf: Shelf, catalog: Sequence[str], seen: Sequence[FrameDescription], shown: str) -> Verdict:
    """How sure the evidence of these frames is, and whether it is right: `shown` is the product that is in them."""
    index = CatalogIndex([shelf.products[sku] for sku in catalog])
    evidence = weigh([index.similarities(frame.vectors) for frame in seen])
    if evidence is None:
        raise ValueError("An episode needs a frame and a product.")
    return Verdict(evidence, index.skus[evidence.product] == shown, shown in catalog)


def fit(verdicts: Sequence[Verdict]) -> Calibration:
    """Logistic regression of "the best product is right" on the evidence."""
    from sklearn.linear_model import LogisticRegression

    right = np.asarray([verdict.right for verdict in verdicts])
    model = LogisticRegression(C=100.0, max_iter=1000, class_weight={False: _WRONG_WEIGHS, True: 1.0})
    model.fit(_features(verdicts), right)
    similarity, margin, agreement = (round(float(weight), 4) for weight in model.coef_[0])
    return Calibration(round(float(model.intercept_[0]), 4), similarity, margin, agreement, _MARGIN_CAP)


def _features(verdicts: Sequence[Verdict]) -> npt.NDArray[np.float64]:
    found = [verdict.evidence for verdict in verdicts]
    return np.asarray([(one.similarity, min(one.margin, _MARGIN_CAP), one.agreement) for one in found])


def judge(verdicts: Sequence[Verdict], calibration: Calibration) -> dict[str, float]:
    """Recall@1 of listed products, what is accepted of them and of unlisted ones, and precision there."""
    score = np.asarray([calibration.score(verdict.evidence) for verdict in verdicts])
    right = np.asarray([verdict.right for verdict in verdicts])
    listed = np.asarray([verdict.listed for verdict in verdicts])
    accepted = score > _ACCEPT
    return {
        "episodes": len(verdicts),
        "recall_at_1": round(float(right[listed].mean()), 3),
        "listed_accepted": round(float(accepted[listed].mean()), 3),
        "unlisted_accepted": round(float(accepted[~listed].mean()), 3),
        "precision_listed": round(
            float(right[listed & accepted].mean()) if (listed & accepted).any() else 0.0, 3
        ),
        "precision_all": round(float(right[accepted].mean()) if accepted.any() else 0.0, 3),
    }


if __name__ == "__main__":
    main()
