"""Synthetic frames of a live sale: known products pasted into drawn scenes, with their boxes."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from stages.adapters.catalog_views import cut_out
from stages.training.drawn_products import draw_product
from stages.training.scenery import add_arm, add_host, add_overlays, backdrop, fingers
from stages.training.sprites import SpriteSheet, load_sprite

BoxPixels = tuple[float, float, float, float]

_VISIBLE_SHARE = 0.5  # a product of which less is visible isn't labelled
_HELD, _STANDING = (0.35, 1.0), (0.2, 0.5)  # longest side as shares of the frame's shorter one


@dataclass(frozen=True, slots=True)
class Composite:
    """A frame, the boxes (x0, y0, x1, y1, pixels) of the products in it, and which product each is."""

    picture: Image.Image
    boxes: tuple[BoxPixels, ...]
    products: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProductPool:
    """The products that composites may show, by name; `drawn` many are drawn from shapes."""

    sheet: SpriteSheet
    catalog_photos: tuple[Path, ...]
    drawn: range

    def names(self) -> list[str]:
        return [
            *(f"sprite:{path.stem}" for path in self.sheet.things),
            *(f"photo:{path.stem}" for path in self.catalog_photos),
            *(f"drawn:{number}" for number in self.drawn),
        ]

    def picture(self, name: str) -> Image.Image:
        """The product cut out, RGBA; raises ValueError for a name that isn't in the pool."""
        kind, _, key = name.partition(":")
        if kind == "drawn":
            return draw_product(Random(int(key)))
        if kind == "photo":
            return _cut_out_photo(next(p for p in self.catalog_photos if p.stem == key))
        if kind == "sprite":
            return load_sprite(next(p for p in self.sheet.things if p.stem == key))
        raise ValueError(f"{name} names no product of this pool.")

    def pick(self, random: Random) -> str:
        """Each kind as often as the others, however many of it there are."""
        kinds = [f"sprite:{random.choice(self.sheet.things).stem}", f"drawn:{random.choice(self.drawn)}"]
        if self.catalog_photos:
            kinds.append(f"photo:{random.choice(self.catalog_photos).stem}")
        return random.choice(kinds)


class Composer:
    """Makes frames from a pool of products and photos for backgrounds; all chance comes from `random`."""

    def __init__(self, pool: ProductPool, backgrounds: Sequence[Path], random: Random) -> None:
        self._pool, self._backgrounds, self._random = pool, backgrounds, random

    def compose(self, products: Sequence[str] | None = None) -> Composite:
        """One frame, 320 pixels on its longer side, showing `products`, by default 0 to 3 chosen by chance.

        Most are held to the camera, often with fingers over them.
        """
        random = self._random
        if products is None:
            products = [self._pool.pick(random) for _ in range(random.choice((0, 1, 1, 1, 1, 1, 2, 2, 3)))]
        size = random.choice(((180, 320), (180, 320), (240, 320), (320, 320), (320, 240), (320, 180)))
        picture = backdrop(size, self._backgrounds, random)
        if random.random() < 0.7:
            add_host(picture, self._pool.sheet, random)
        self._add_clutter(picture)
        placed: list[tuple[str, Image.Image]] = []
        for name in products:
            mask = self._add_product(picture, name, held=random.random() < 0.6)
            placed = [(other, _minus(covered, mask)) for other, covered in placed]
            placed.append((name, mask))
        shown = [(name, box) for name, mask in placed if (box := _visible_box(mask)) is not None]
        picture = degrade(add_overlays(picture, self._pool.sheet, random), random)
        return Composite(picture, tuple(box for _, box in shown), tuple(name for name, _ in shown))

    def _add_clutter(self, picture: Image.Image) -> None:
        random = self._random
        for _ in range(random.choice((0, 0, 1, 2))):
            hand = load_sprite(random.choice(self._pool.sheet.hands))
            side = int(min(picture.size) * random.uniform(0.15, 0.5))
            hand.thumbnail((side, side))
            hand = hand.rotate(random.uniform(-180, 180), expand=True)
            spot = random.randint(-side // 2, picture.width), random.randint(0, picture.height)
            picture.paste(hand, spot, hand)

    def _add_product(self, picture: Image.Image, name: str, *, held: bool) -> Image.Image:
        """Paste the product; returns what of it is visible as a mask (255 or 0) of the picture's size."""
        random = self._random
        product = vary(self._pool.picture(name), random)
        longest = min(picture.size) * random.uniform(*(_HELD if held else _STANDING))
        scale = longest / max(product.size)
        product = product.resize((max(6, int(product.width * scale)), max(6, int(product.height * scale))))
        centre = (
            int(random.gauss(0.5, 0.18) * picture.width),
            int(random.gauss(0.55, 0.18) * picture.height),
        )
        corner = centre[0] - product.width // 2, centre[1] - product.height // 2
        if held:
            add_arm(picture, (centre[0], centre[1] + product.height * 0.35), random)
        if random.random() < 0.5:
            cast_shadow(picture, product, corner, random)
        picture.paste(product, corner, product)
        mask = Image.new("L", picture.size, 0)
        mask.paste(255, corner, product.getchannel("A").point(lambda alpha: 255 if alpha > 60 else 0))
        whole = np.count_nonzero(np.asarray(product.getchannel("A")) > 60)
        if held and random.random() < 0.7:
            hand = fingers(longest * random.uniform(0.2, 0.45), random)
            spot = (
                corner[0] + random.choice((-hand.width // 2, product.width - hand.width // 2)),
                (centre[1] + random.randint(-product.height // 4, product.height // 4)),
            )
            picture.paste(hand, spot, hand)
            mask.paste(0, spot, hand)
        mask.info["whole"] = whole
        return mask


@lru_cache(maxsize=64)
def _cut_out_photo(path: Path) -> Image.Image:
    return cut_out(Image.open(path))


def cast_shadow(picture: Image.Image, product: Image.Image, corner: tuple[int, int], random: Random) -> None:
    """Darken, softly, what lies behind the product and a little beside it."""
    reach = max(2, max(product.size) // 12)
    shadow = Image.new("L", (product.width + 4 * reach, product.height + 4 * reach), 0)
    strength = random.uniform(0.25, 0.65)
    shadow.paste(product.getchannel("A").point(lambda alpha: int(alpha * strength)), (2 * reach, 2 * reach))
    shadow = shadow.filter(ImageFilter.GaussianBlur(reach * random.uniform(0.3, 1.0)))
    spot = (
        corner[0] - 2 * reach + random.randint(-reach, reach),
        corner[1] - 2 * reach + random.randint(0, reach),
    )
    picture.paste((0, 0, 0), spot, shadow)


def vary(product: Image.Image, random: Random) -> Image.Image:
    """Turn, mirror, light and squeeze a cut-out as a hand and a camera would."""
    if random.random() < 0.15:
        product = product.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    squeeze = random.uniform(0.75, 1.0)
    product = product.resize((max(4, int(product.width * squeeze)), product.height))
    if random.random() < 0.8:
        product = product.rotate(random.gauss(0, 16), expand=True, resample=Image.Resampling.BICUBIC)
    alpha = product.getchannel("A")
    lit = ImageEnhance.Brightness(product.convert("RGB")).enhance(random.uniform(0.6, 1.25))
    lit = ImageEnhance.Color(lit).enhance(random.uniform(0.6, 1.3))
    lit.putalpha(alpha)
    return lit


def degrade(picture: Image.Image, random: Random) -> Image.Image:
    """What a phone and a stream do to a frame: white balance, blur, noise, compression."""
    gains = [random.uniform(0.85, 1.15) * random.uniform(0.75, 1.15)] * 3
    gains = [gain * random.uniform(0.92, 1.08) for gain in gains]
    pixels = np.asarray(picture, np.float32) * np.asarray(gains, np.float32)
    noise = np.random.default_rng(random.getrandbits(32)).normal(0, random.uniform(0, 9), pixels.shape)
    picture = Image.fromarray(np.clip(pixels + noise, 0, 255).astype(np.uint8))
    blur = random.random()
    if blur < 0.4:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.2, 1.6)))
    elif blur < 0.55:
        picture = picture.filter(_motion_blur(random))
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=random.randint(35, 92))
    return Image.open(buffer).convert("RGB")


def _motion_blur(random: Random) -> ImageFilter.Kernel:
    """A camera or hand in motion: the average along a line of up to five pixels through the centre."""
    along = random.choice(((0, 1), (1, 0), (1, 1), (1, -1)))
    reach = random.choice((1, 2, 2))
    weights = [[0] * 5 for _ in range(5)]
    for step in range(-reach, reach + 1):
        weights[2 + along[0] * step][2 + along[1] * step] = 1
    return ImageFilter.Kernel((5, 5), [weight for row in weights for weight in row])


def _minus(mask: Image.Image, cover: Image.Image) -> Image.Image:
    left = mask.copy()
    left.paste(0, (0, 0), cover)
    left.info["whole"] = mask.info["whole"]
    return left


def _visible_box(mask: Image.Image) -> BoxPixels | None:
    """The bounding box of what is visible, or None when too little of the product is."""
    box = mask.getbbox()
    if box is None or np.count_nonzero(np.asarray(mask)) < _VISIBLE_SHARE * mask.info["whole"]:
        return None
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])
