"""A catalog picture as a stream may show it: off its white ground, nearer, farther, turned, dim, blurred."""

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

_LONGEST = 512  # pixels; the network sees 224, larger pictures only cost time
_UNUSED = (255, 0, 254)  # a colour to mark what the flood reaches
_FLOOD = 40  # summed difference of the channels up to which a pixel belongs to the ground
_LEAST_KEPT = 0.02  # share of the picture; with less left the flood has eaten the product


def catalog_views(picture: Image.Image) -> list[Image.Image]:
    """Seven views of `picture`; the same picture always gives the same. Pixels, RGB, square."""
    product = cut_out(picture)
    return [
        _placed(product, "white", 1.05),
        _placed(product, (128, 128, 128), 1.1),
        _placed(_turned(product, 10), (90, 70, 55), 1.0),
        _dimmed(_placed(_turned(product, -12), (60, 60, 65), 1.2), 0.8),
        _placed(product, (150, 140, 120), 0.8),
        _dimmed(_placed(product, (110, 110, 110), 0.65), 0.8),
        _placed(product, None, 1.2),
    ]


def cut_out(picture: Image.Image) -> Image.Image:
    """The product as RGBA: what has the colour of the corners and reaches the border is transparent.

    A picture that is transparent already keeps its own mask; one without a plain ground stays whole.
    """
    picture = picture.copy()
    picture.thumbnail((_LONGEST, _LONGEST))
    if picture.has_transparency_data:
        return trim(picture.convert("RGBA"))
    cut = picture.convert("RGBA")
    if (ground := _plain_ground(picture.convert("RGB"))) is None:
        return cut
    flooded = picture.convert("RGB")
    ImageDraw.Draw(flooded).rectangle((0, 0, flooded.width - 1, flooded.height - 1), outline=ground)
    ImageDraw.floodfill(flooded, (0, 0), _UNUSED, thresh=_FLOOD)
    inside = (np.asarray(flooded) != _UNUSED).any(axis=2)
    if inside.mean() < _LEAST_KEPT:
        return cut
    cut.putalpha(Image.fromarray((inside * 255).astype(np.uint8)))
    return trim(cut)


def trim(picture: Image.Image) -> Image.Image:
    """Cut an RGBA picture to the bounding box of its pixels that are more than a shimmer."""
    box = picture.getchannel("A").point(lambda alpha: 255 if alpha > 24 else 0).getbbox()
    return picture.crop(box) if box else picture


def _plain_ground(picture: Image.Image) -> tuple[int, int, int] | None:
    """The colour of the border where most of the border has it, else None."""
    pixels = np.asarray(picture, np.int16)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    ground = np.median(border, axis=0)
    if (np.abs(border - ground).sum(axis=1) <= _FLOOD).mean() < 0.7:
        return None
    red, green, blue = (int(channel) for channel in ground)
    return red, green, blue


def _placed(product: Image.Image, ground: tuple[int, int, int] | str | None, scale: float) -> Image.Image:
    """The product amid a square `scale` times its longer side; below 1 its ends are cut off.

    A `ground` of None is a colourful blur, as shelves and rooms are behind a product held to the camera.
    """
    side = max(8, round(max(product.size) * scale))
    if ground is None:
        blotches = np.random.default_rng(0).integers(0, 255, (6, 6, 3), dtype=np.uint8)
        square = Image.fromarray(blotches).resize((side, side), Image.Resampling.BICUBIC)
    else:
        square = Image.new("RGB", (side, side), ground)
    square.paste(product, ((side - product.width) // 2, (side - product.height) // 2), product)
    return square


def _turned(product: Image.Image, degrees: float) -> Image.Image:
    return product.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC)


def _dimmed(view: Image.Image, brightness: float) -> Image.Image:
    blurred = view.filter(ImageFilter.GaussianBlur(view.width / 100))
    return ImageEnhance.Brightness(blurred).enhance(brightness)
