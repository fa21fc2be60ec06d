"""The grocery photos: products with a studio picture and phone photos, split so that parts share no product.

The folder has `manifest.json`: {"products": [{"sku", "image"}], "frames": [{"sku", "image"}]}, paths below it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

_SEED = 20250


@dataclass(frozen=True, slots=True)
class GroceryProduct:
    """A product's studio picture and the phone photos that show it."""

    sku: str
    picture: Path
    photos: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class GroceryParts:
    """What the embedding is trained with, what the score is fitted with, what both are judged by."""

    training: tuple[GroceryProduct, ...]
    calibration: tuple[GroceryProduct, ...]
    test: tuple[GroceryProduct, ...]


def grocery_parts(folder: Path) -> GroceryParts:
    """Half of the products for training, a quarter each for calibration and test; always the same ones.

    Raises OSError, KeyError or ValueError where the folder isn't as described above.
    """
    manifest = json.loads((folder / "manifest.json").read_text())
    photos: dict[str, list[Path]] = {}
    for frame in manifest["frames"]:
        photos.setdefault(frame["sku"], []).append(folder / frame["image"])
    products = [
        GroceryProduct(product["sku"], folder / product["image"], tuple(photos[product["sku"]]))
        for product in sorted(manifest["products"], key=lambda product: str(product["sku"]))
    ]
    Random(_SEED).shuffle(products)
    return GroceryParts(tuple(products[0::2]), tuple(products[1::4]), tuple(products[3::4]))
