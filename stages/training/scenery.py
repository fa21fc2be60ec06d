"""What stands behind, beside and on top of a product in a live stream's frame."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from stages.training.sprites import SpriteSheet, load_sprite

Colour = tuple[int, int, int]

_SKINS: Sequence[Colour] = ((255, 219, 184), (241, 194, 150), (214, 158, 112), (160, 106, 66), (96, 60, 40))
_PHRASES = (
    "mine!!",
    "sold 12 L",
    "how much?",
    "so cute",
    "me lo llevo",
    "CF 2",
    "size M pls",
    "❤ ❤",
    "hi from BKK",
)
_PRICES = ("$79.99", "19,90 €", "₱499", "NOW $12", "-30%", "Rp 89.000", "#A03  $25")


def any_colour(random: Random, low: int = 0, high: int = 255) -> Colour:
    return random.randint(low, high), random.randint(low, high), random.randint(low, high)


def backdrop(size: tuple[int, int], photos: Sequence[Path], random: Random) -> Image.Image:
    """A wall, a shelf, or a photo out of focus, of `size` (width, height)."""
    if photos and random.random() < 0.55:
        return _photo_out_of_focus(size, random.choice(photos), random)
    picture = _gradient(size, any_colour(random, 20), any_colour(random, 20), random)
    draw = ImageDraw.Draw(picture)
    for _ in range(random.randint(0, 14)):  # furniture, frames, a rail: large flat things
        x, y = random.randint(-50, size[0]), random.randint(-50, size[1])
        box = (x, y, x + random.randint(10, size[0]), y + random.randint(6, size[1] // 2))
        shape = random.choice((draw.rectangle, draw.rectangle, draw.ellipse))
        shape(box, fill=any_colour(random), outline=any_colour(random) if random.random() < 0.3 else None)
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(0, 6)))


def _photo_out_of_focus(size: tuple[int, int], photo: Path, random: Random) -> Image.Image:
    picture = Image.open(photo).convert("RGB")
    share = random.uniform(0.3, 0.8)
    width, height = int(picture.width * share), int(picture.height * share)
    x, y = random.randint(0, picture.width - width), random.randint(0, picture.height - height)
    picture = picture.crop((x, y, x + width, y + height)).resize(size)
    if random.random() < 0.5:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    # The things in it are no product on offer: out of focus they aren't labelled, and must not be found.
    return picture.filter(ImageFilter.GaussianBlur(random.uniform(4, 10)))


def _gradient(size: tuple[int, int], start: Colour, end: Colour, random: Random) -> Image.Image:
    width, height = size
    ramp = np.linspace(0, 1, height if random.random() < 0.5 else width)
    ramp = ramp[:, None] if len(ramp) == height else ramp[None, :]
    share = np.broadcast_to(ramp, (height, width))[..., None]
    pixels = np.asarray(start) * (1 - share) + np.asarray(end) * share
    return Image.fromarray(pixels.astype(np.uint8))


def add_host(picture: Image.Image, sheet: SpriteSheet, random: Random) -> None:
    """Somebody in front of the camera: a person sprite, or a plain drawn figure, often cut by the frame."""
    width, height = picture.size
    if random.random() < 0.6:
        person = load_sprite(random.choice(sheet.people))
        scale = random.uniform(0.5, 1.4) * width / max(person.size)
        person = person.resize((max(8, int(person.width * scale)), max(8, int(person.height * scale))))
        x = random.randint(-person.width // 3, max(1, width - 2 * person.width // 3))
        picture.paste(person, (x, random.randint(int(height * 0.05), int(height * 0.5))), person)
        return
    draw = ImageDraw.Draw(picture)
    skin, cloth = random.choice(_SKINS), any_colour(random)
    middle = random.uniform(0.25, 0.75) * width
    y = random.uniform(0.1, 0.35) * height
    head = random.uniform(0.08, 0.2) * width
    draw.rounded_rectangle(
        (middle - 2 * head, y + 1.3 * head, middle + 2 * head, height + 40), radius=head, fill=cloth
    )
    draw.ellipse(
        (middle - head, y - 1.5 * head, middle + head, y + 0.4 * head), fill=any_colour(random, 0, 120)
    )
    draw.ellipse((middle - 0.8 * head, y - head, middle + 0.8 * head, y + 1.2 * head), fill=skin)
    for side in (-1, 1):
        eye = middle + side * 0.3 * head
        draw.ellipse(
            (eye - 0.08 * head, y - 0.1 * head, eye + 0.08 * head, y + 0.08 * head), fill=(30, 20, 20)
        )
    draw.arc(
        (middle - 0.3 * head, y + 0.2 * head, middle + 0.3 * head, y + 0.7 * head),
        20,
        160,
        fill=(150, 40, 50),
        width=2,
    )


def add_arm(picture: Image.Image, hold: tuple[float, float], random: Random) -> None:
    """A forearm from outside the frame to the point `hold`; drawn before the product that it holds."""
    width, height = picture.size
    start = (random.choice((-20, width * random.random(), width + 20)), height + 20)
    thickness = int(width * random.uniform(0.06, 0.16))
    draw = ImageDraw.Draw(picture)
    skin = random.choice(_SKINS)
    draw.line((start, hold), fill=skin, width=thickness)
    r = thickness * 0.75
    draw.ellipse((hold[0] - r, hold[1] - r, hold[0] + r, hold[1] + r), fill=skin)
    if random.random() < 0.6:
        half = ((start[0] * 0.6 + hold[0] * 0.4), (start[1] * 0.6 + hold[1] * 0.4))
        draw.line((start, half), fill=any_colour(random), width=int(thickness * 1.4))


def fingers(length: float, random: Random) -> Image.Image:
    """Two to four fingers lying over a product's edge, RGBA, about `length` pixels wide."""
    skin, count = random.choice(_SKINS), random.randint(2, 4)
    side = max(6, int(length))
    hand = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(hand)
    step = side / 4
    for number in range(count):
        reach = side * random.uniform(0.6, 0.95)
        draw.rounded_rectangle(
            (0, number * step, reach, (number + 0.9) * step),
            radius=step * 0.45,
            fill=(*skin, 255),
            outline=(*(c * 4 // 5 for c in skin), 255),
        )
    return hand.rotate(random.uniform(-40, 40) + random.choice((0, 180)), expand=True)


def add_overlays(picture: Image.Image, sheet: SpriteSheet, random: Random) -> Image.Image:
    """What the app draws over the stream: chat bubbles, a price tag, stickers, bars."""
    layer = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    width, height = picture.size
    if random.random() < 0.6:
        y = height * random.uniform(0.6, 0.85)
        for _ in range(random.randint(1, 5)):
            _text_box(
                draw, (width * random.uniform(0.01, 0.06), y), random.choice(_PHRASES), (0, 0, 0, 110), random
            )
            y += height * 0.055
    if random.random() < 0.4:
        place = (width * random.uniform(0.02, 0.7), height * random.uniform(0.02, 0.9))
        _text_box(draw, place, random.choice(_PRICES), (*any_colour(random), 255), random)
    if random.random() < 0.4:
        draw.rectangle(
            (0, 0, width, height * random.uniform(0.03, 0.09)), fill=(0, 0, 0, random.randint(60, 255))
        )
    for _ in range(random.choice((0, 0, 1, 1, 2, 4))):
        sticker = load_sprite(random.choice(sheet.signs))
        side = int(width * random.uniform(0.04, 0.13))
        sticker.thumbnail((side, side))
        x = random.choice((random.uniform(0.0, 0.1), random.uniform(0.85, 0.95)))
        layer.paste(sticker, (int(width * x), int(height * random.random())), sticker)
    return Image.alpha_composite(picture.convert("RGBA"), layer).convert("RGB")


def _text_box(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    fill: tuple[int, int, int, int],
    random: Random,
) -> None:
    font = ImageFont.load_default(size=random.randint(9, 18))
    box = draw.textbbox(place, text, font=font)
    draw.rounded_rectangle((box[0] - 4, box[1] - 3, box[2] + 4, box[3] + 3), radius=6, fill=fill)
    ink = (255, 255, 255, 255) if sum(fill[:3]) < 380 else (20, 20, 20, 255)
    draw.text(place, text, font=font, fill=ink)
