"""Photos as a shopper takes them, of products known only from a cut-out: one in a hand, or a heap of them."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageEnhance

from stages.training.composites import cast_shadow, degrade, vary
from stages.training.scenery import add_arm, backdrop, fingers

_SIDE = 288
_MOST_IN_A_HEAP = 110


def held(product: Image.Image, backgrounds: Sequence[Path], random: Random) -> Image.Image:
    """One large product (RGBA) seen at a slant before a backdrop, mostly held by a hand; RGB, square."""
    picture = backdrop((_SIDE, _SIDE), backgrounds, random)
    product = product.copy()
    product.thumbnail((260, 260))
    product = vary(slant(product, random), random)
    longest = _SIDE * random.uniform(0.5, 1.05)
    product = _scaled(product, longest)
    x, y = int(_SIDE * random.gauss(0.5, 0.08)), int(_SIDE * random.gauss(0.5, 0.08))
    corner = x - product.width // 2, y - product.height // 2
    if random.random() < 0.7:
        add_arm(picture, (x, y + product.height * 0.35), random)
    if random.random() < 0.5:
        cast_shadow(picture, product, corner, random)
    picture.paste(product, corner, product)
    if random.random() < 0.7:
        hand = fingers(longest * random.uniform(0.2, 0.4), random)
        side = random.choice((-hand.width // 2, product.width - hand.width // 2))
        height = y + random.randint(-product.height // 4, product.height // 4)
        picture.paste(hand, (corner[0] + side, height), hand)
    return degrade(picture, random)


def heap(product: Image.Image, backgrounds: Sequence[Path], random: Random) -> Image.Image:
    """Many of the product (RGBA) lying over each other, as on a market stall; RGB, square."""
    picture = backdrop((_SIDE, _SIDE), backgrounds, random)
    product = _lit(product, random, 0.7, 1.2)
    share = random.uniform(0.16, 0.5)
    one = _scaled(product, _SIDE * share)
    turns = [random.uniform(0, 360) if random.random() < 0.7 else random.gauss(0, 20) for _ in range(8)]
    kinds = [_lit(one.rotate(turn, expand=True), random, 0.6, 1.1) for turn in turns]
    top = random.choice((0, 0, 0, _SIDE // 4))
    count = min(_MOST_IN_A_HEAP, int(5 / share**2))
    spots = sorted((random.uniform(top, _SIDE), random.uniform(0, _SIDE)) for _ in range(count))
    for y, x in spots:
        piece = random.choice(kinds)
        corner = int(x - piece.width / 2), int(y - piece.height / 2)
        if random.random() < 0.4:
            cast_shadow(picture, piece, corner, random)
        picture.paste(piece, corner, piece)
    return degrade(picture, random)


def slant(product: Image.Image, random: Random, most: float = 0.18) -> Image.Image:
    """The product in perspective: its corners drawn inwards by up to the share `most`."""
    width, height = product.size
    corners = ((0, 0), (width, 0), (width, height), (0, height))
    rows, sought = [], []
    for x, y in corners:
        u = x + (1 if x else -1) * random.uniform(0, most) * width
        v = y + (1 if y else -1) * random.uniform(0, most) * height
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        sought += [u, v]
    # The eight coefficients of a plane projective map, from four pairs of points.
    coefficients = np.linalg.solve(np.array(rows, float), np.array(sought, float))
    return product.transform(
        product.size, Image.Transform.PERSPECTIVE, coefficients.tolist(), Image.Resampling.BICUBIC
    )


def _scaled(product: Image.Image, longest: float) -> Image.Image:
    scale = longest / max(product.size)
    return product.resize((max(6, int(product.width * scale)), max(6, int(product.height * scale))))


def _lit(product: Image.Image, random: Random, low: float, high: float) -> Image.Image:
    lit = ImageEnhance.Brightness(product.convert("RGB")).enhance(random.uniform(low, high))
    lit.putalpha(product.getchannel("A"))
    return lit
