"""Make the image embedding: `python -m stages.training.vision_embedding --sprites DIR --grocery DIR`.

An ImageNet network learns to lay photos beside the catalog picture of what they show: sprites, drawn products
and the grocery products of the training part, the latter in real photos too. The grocery products of the
calibration and test parts are left out altogether.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import torch
from PIL import Image
from rich.progress import track

from stages.adapters.catalog_index import mean_direction
from stages.adapters.catalog_views import catalog_views
from stages.adapters.embedding import SIDE
from stages.adapters.regions import crops, fixed_windows
from stages.adapters.resizing import Pixels, pixels, shrink
from stages.training.composites import ProductPool
from stages.training.detector import SEED, pools
from stages.training.eight_bits import sample, write_in_eight_bits
from stages.training.grocery import GroceryProduct, grocery_parts
from stages.training.metric_learning import Lesson, learn, start_from_discriminants
from stages.training.photographs import heap, held
from stages.training.picture_encoder import Array, PictureEncoder, export_encoder
from stages.training.vision_options import picture_arguments

_SPRITES, _DRAWN = 420, 250
_AT_ONCE = 8  # pictures


def main() -> None:
    """Compose, teach, export, count in eight bits. Seeds are fixed."""
    parser = picture_arguments(__doc__)
    parser.add_argument("--output", type=Path, default=Path("stages/models/vision/embedding.onnx"))
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(SEED)
    products = grocery_parts(options.grocery).training
    encoder = PictureEncoder()
    encoder.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    (pool, _), _ = pools(options.sprites, options.grocery)
    pool = replace(pool, catalog_photos=tuple(product.picture for product in products))
    composed = list(composed_lessons(pool, [p for one in products for p in one.photos], encoder))
    real = [real_lesson(product, encoder) for product in track(products, description="grocery products")]
    start_from_discriminants(encoder, [*composed, *real])
    learn(encoder, composed, real, Random(SEED), steps=options.steps)
    with tempfile.TemporaryDirectory() as work:
        network = Path(work) / "embedding.onnx"
        export_encoder(encoder, cohort(products, encoder), network)
        write_in_eight_bits(network, sample(options.sprites, options.grocery), options.output)


def composed_lessons(
    pool: ProductPool, backgrounds: Sequence[Path], encoder: PictureEncoder
) -> Iterator[Lesson]:
    """Products on white and in composed photos: the pool's catalog pictures, some sprites and drawn ones."""
    random = Random(SEED)
    sprites = random.sample(pool.sheet.things, min(_SPRITES, len(pool.sheet.things)))
    names = [
        *(f"sprite:{path.stem}" for path in sprites),
        *(f"drawn:{number}" for number in pool.drawn[:_DRAWN]),
        *(f"photo:{path.stem}" for path in pool.catalog_photos),
    ]
    for name in track(names, description="composed products"):
        product = pool.picture(name)
        # Nobody piles up drawn garments and mugs; fruit lies in heaps.
        scenes = (held, held) if name.startswith("drawn") else (heap, held)
        photos = [pixels(scene(product, backgrounds, random)) for scene in scenes]
        yield Lesson(name, early_maps([pixels(on_white(product))], encoder), early_maps(photos, encoder))


def real_lesson(product: GroceryProduct, encoder: PictureEncoder) -> Lesson:
    """A grocery product by its catalog views and its photos, each whole and by its middle."""
    photos = [
        crop
        for path in product.photos
        for photo in (Image.open(path).convert("RGB"),)
        for crop in crops(pixels(photo), fixed_windows(*photo.size)[:2])
    ]
    catalog = [pixels(view) for view in catalog_views(Image.open(product.picture))]
    return Lesson(product.sku, early_maps(catalog, encoder), early_maps(photos, encoder))


def on_white(product: Image.Image) -> Image.Image:
    """The cut-out product as a shop's catalog shows it."""
    side = round(max(product.size) * 1.12)
    square = Image.new("RGB", (side, side), "white")
    square.paste(product, ((side - product.width) // 2, (side - product.height) // 2), product)
    return square


def cohort(products: Sequence[GroceryProduct], encoder: PictureEncoder) -> Array:
    """The vectors of the training photos, described as the matcher describes a whole frame: (n, d)."""
    vectors = []
    for path in track([path for one in products for path in one.photos], description="cohort"):
        photo = Image.open(path).convert("RGB")
        maps = torch.from_numpy(early_maps(crops(pixels(photo), fixed_windows(*photo.size)), encoder)).float()
        with torch.no_grad():
            vectors.append(mean_direction(encoder.late(maps).numpy()))
    return np.stack(vectors)


def early_maps(pictures: Sequence[Pixels], encoder: PictureEncoder) -> Array:
    """What the network's fixed part makes of `pictures`: (n, 112, 14, 14), float16."""
    maps = []
    for start in range(0, len(pictures), _AT_ONCE):
        resized = [shrink(picture, SIDE, SIDE) for picture in pictures[start : start + _AT_ONCE]]
        with torch.no_grad():
            maps.append(encoder.early(torch.from_numpy(np.stack(resized))).half().contiguous().numpy())
    return np.concatenate(maps)


if __name__ == "__main__":
    main()
