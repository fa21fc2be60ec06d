"""Make the image embedding: `python -m stages.training.vision_embedding --sprites DIR --grocery DIR`.

ImageNet features spread widely over the ways in which a stream shows one and the same product: hands,
blur, light, angle. Crops of composed frames tell in which directions; these are shrunk (within-class
whitening, as speaker recognition does it: Hatch et al., "Within-class covariance normalization", 2006).
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image
from rich.progress import track

from stages.adapters.embedding import Embedder
from stages.adapters.regions import Box, square_crop
from stages.training.composites import BoxPixels, Composer, ProductPool
from stages.training.detector import SEED, pools
from stages.training.picture_encoder import FEATURES, Array, export_encoder

_SHRINKAGE = 2.0  # times the mean variance; less whitens harder and forgets what real photos need
_DRAWN = 500  # drawn products, few enough that each is seen several times
_LEAST_PIXELS = 24
_JITTER = 0.1  # share of the box by which a detector may be off


def main() -> None:
    """Compose crops, measure how a product's crops differ, shrink that, export. Seeds are fixed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--sprites", type=Path, required=True, help="`assets` of npm @lobehub/fluent-emoji-3d"
    )
    parser.add_argument("--grocery", type=Path, required=True, help="folder with catalog/ and frames/ photos")
    parser.add_argument("--output", type=Path, default=Path("stages/models/vision/embedding.onnx"))
    parser.add_argument("--crops", type=int, default=5000)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        export_encoder(np.zeros(FEATURES, np.float32), np.eye(FEATURES, dtype=np.float32), plain)
        embedder = Embedder(plain, threads=options.threads)
        (pool, backgrounds), _ = pools(options.sprites, options.grocery)
        pool = replace(pool, drawn=pool.drawn[:_DRAWN])
        composer = Composer(pool, backgrounds, Random(SEED))
        names, vectors = [], []
        for _, (name, crop) in zip(
            track(range(options.crops), "composing crops"), crops(composer), strict=False
        ):
            names.append(name)
            vectors.append(embedder.embed([crop])[0])
        for name in track(sorted(set(names)), "catalog pictures"):
            names.append(name)
            vectors.append(embedder.embed([on_white(pool, name)])[0])
    export_encoder(*whitening(np.stack(vectors), names), options.output)


def crops(composer: Composer) -> Iterator[tuple[str, Image.Image]]:
    """Endless (product, crop) from composed frames, the boxes a little off as a detector's are."""
    random = Random(SEED)

    def jitter(box: BoxPixels) -> Box:
        width, height = box[2] - box[0], box[3] - box[1]
        sides = zip(box, (width, height, width, height), strict=True)
        return Box(*(edge + random.uniform(-_JITTER, _JITTER) * side for edge, side in sides))

    while True:
        composite = composer.compose()
        for box, name in zip(composite.boxes, composite.products, strict=True):
            if min(box[2] - box[0], box[3] - box[1]) >= _LEAST_PIXELS:
                yield name, square_crop(composite.picture, jitter(box))


def on_white(pool: ProductPool, name: str) -> Image.Image:
    """The product as a shop's catalog shows it."""
    product = pool.picture(name)
    side = round(max(product.size) * 1.12)
    square = Image.new("RGB", (side, side), "white")
    square.paste(product, ((side - product.width) // 2, (side - product.height) // 2), product)
    return square


def whitening(vectors: Array, names: list[str]) -> tuple[Array, Array]:
    """The mean and the projection (d, d) that make differences within a product small in all directions."""
    labels = np.unique(names, return_inverse=True)[1]
    counts = np.bincount(labels)
    centres = np.zeros((len(counts), vectors.shape[1]))
    np.add.at(centres, labels, vectors)
    within = vectors - (centres / counts[:, None])[labels]
    covariance: npt.NDArray[np.float64] = within.T @ within / len(within)
    ridge = _SHRINKAGE * np.trace(covariance) / len(covariance)
    variances, directions = np.linalg.eigh(covariance + ridge * np.eye(len(covariance)))
    return vectors.mean(axis=0), (directions / np.sqrt(variances)).astype(np.float32)


if __name__ == "__main__":
    main()
