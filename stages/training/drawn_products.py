"""Products drawn from plain shapes: a box, a bottle, a garment, a mug, a bag, with random colours and labels."""

from random import Random

from PIL import Image, ImageDraw, ImageFont

from stages.training.scenery import Colour, any_colour

_SIDE = 256
_NAMES = ("GLOW", "Vita C", "KOPI", "Nova", "BIO", "Lumi", "24h", "PURE", "MAX 5", "Rose", "Zen", "ECO+")


def draw_product(random: Random) -> Image.Image:
    """One product as RGBA, up to 256 pixels a side; the same state of `random` gives the same product."""
    picture = Image.new("RGBA", (_SIDE, _SIDE), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    main, second = any_colour(random), any_colour(random)
    random.choice((_carton, _bottle, _garment, _mug, _bag, _jar))(draw, main, second, random)
    box = picture.getbbox()
    return picture.crop(box) if box else picture


def _label(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: Colour, random: Random) -> None:
    x0, y0, x1, y1 = box
    draw.rounded_rectangle(box, radius=random.randint(0, 20), fill=colour)
    ink = any_colour(random)
    for _ in range(random.randint(0, 4)):
        x, y = random.randint(x0, x1), random.randint(y0, y1)
        r = random.randint(3, max(4, (x1 - x0) // 5))
        shape = random.choice((draw.ellipse, draw.rectangle))
        shape(
            (max(x0, x - r), max(y0, y - r), min(x1, x + r) + 1, min(y1, y + r) + 1), fill=any_colour(random)
        )
    font = ImageFont.load_default(size=random.randint(16, 34))
    draw.text(((x0 + x1) // 2, (y0 + y1) // 2), random.choice(_NAMES), font=font, fill=ink, anchor="mm")


def _stripes(
    draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], colour: Colour, random: Random
) -> None:
    x0, y0, x1, y1 = box
    step = random.randint(10, 40)
    for y in range(y0 + step, y1 - step // 2, step):
        draw.line((x0, y, x1, y), fill=colour, width=max(2, step // 3))


def _carton(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    w, h = random.randint(70, 220), random.randint(90, 240)
    x, y = (_SIDE - w) // 2, (_SIDE - h) // 2
    draw.rounded_rectangle((x, y, x + w, y + h), radius=random.randint(0, 16), fill=main)
    if random.random() < 0.4:
        _stripes(draw, (x, y, x + w, y + h), second, random)
    _label(draw, (x + w // 8, y + h // 4, x + w * 7 // 8, y + h * 3 // 4), second, random)


def _bottle(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    w = random.randint(50, 120)
    x, neck = (_SIDE - w) // 2, random.randint(14, w // 3)
    shoulder = random.randint(60, 110)
    draw.rounded_rectangle((x, shoulder, x + w, 250), radius=w // 5, fill=main)
    draw.rectangle((128 - neck, 30, 128 + neck, shoulder + w // 5), fill=main)
    draw.rounded_rectangle((128 - neck - 3, 6, 128 + neck + 3, 34), radius=4, fill=any_colour(random))
    _label(draw, (x + 2, shoulder + 40, x + w - 2, 225), second, random)


def _garment(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    sleeve = random.randint(90, 235)
    draw.polygon(((70, 30), (10, sleeve), (45, sleeve + 15), (85, 95)), fill=main)
    draw.polygon(((186, 30), (246, sleeve), (211, sleeve + 15), (171, 95)), fill=main)
    draw.rounded_rectangle((68, 25, 188, random.randint(190, 250)), radius=12, fill=main)
    if random.random() < 0.4:
        _stripes(draw, (70, 70, 186, 185), second, random)
    draw.ellipse((104, 10, 152, 45), fill=second)
    if random.random() < 0.4:  # a jacket: zip and pockets
        draw.line((128, 40, 128, 188), fill=second, width=5)
        draw.rectangle((80, 130, 115, 170), outline=second, width=4)
        draw.rectangle((141, 130, 176, 170), outline=second, width=4)
    elif random.random() < 0.6:
        _label(draw, (95, 75, 161, 130), second, random)


def _mug(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    draw.ellipse((150, 80, 245, 190), outline=main, width=random.randint(12, 24))
    draw.rounded_rectangle((30, 40, 190, 230), radius=random.randint(5, 40), fill=main)
    draw.ellipse((30, 28, 190, 62), fill=second)
    _label(draw, (55, 95, 165, 195), any_colour(random), random)


def _bag(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    draw.arc((75, 10, 181, random.randint(110, 170)), 180, 360, fill=second, width=random.randint(6, 16))
    inset = random.randint(0, 40)
    draw.polygon(((20 + inset, 85), (236 - inset, 85), (246, 245), (10, 245)), fill=main)
    draw.rectangle((20 + inset, 85, 236 - inset, random.randint(95, 140)), fill=second)
    if random.random() < 0.7:
        _label(draw, (90, 150, 166, 220), any_colour(random), random)


def _jar(draw: ImageDraw.ImageDraw, main: Colour, second: Colour, random: Random) -> None:
    w, h = random.randint(110, 240), random.randint(60, 200)
    x, y = (_SIDE - w) // 2, _SIDE - h - 5
    draw.rounded_rectangle((x, y, x + w, y + h), radius=random.randint(8, 50), fill=main)
    draw.rounded_rectangle(
        (x - 4, y - random.randint(20, 45), x + w + 4, y + 8), radius=6, fill=any_colour(random)
    )
    _label(draw, (x + w // 8, y + h // 4, x + w * 7 // 8, y + h * 4 // 5), second, random)
