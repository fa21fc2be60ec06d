"""What the app prints over the picture: the host's badge, a price tag, the chat."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

_CHAT = (
    ("ana_b", "hello from Lima"),
    ("tom77", "so pretty"),
    ("kiki", "wow wow wow"),
    ("jules", "first time here"),
    ("noor.s", "love your streams"),
    ("mateo", "how are you today?"),
    ("linh", "that one is lovely"),
    ("sam_w", "good evening all"),
)


def overlaid(frame: Image.Image, name: str, viewers: int, price: str | None, turn: int) -> Image.Image:
    """The frame under a badge with name and viewer count, three chat lines from `turn` on, and a price tag."""
    sheet = Image.new("RGBA", frame.size)
    draw = ImageDraw.Draw(sheet)
    draw.rounded_rectangle((12, 12, 190, 46), 17, fill=(0, 0, 0, 96))
    draw.ellipse((16, 16, 42, 42), fill=(240, 90, 120, 230))
    draw.text((50, 20), name, font=ImageFont.load_default(14), fill=(255, 255, 255, 255))
    draw.rounded_rectangle((398, 16, 468, 40), 12, fill=(0, 0, 0, 96))
    draw.text((412, 20), f"{viewers}", font=ImageFont.load_default(14), fill=(255, 255, 255, 255))
    for row in range(3):
        author, line = _CHAT[(turn + row) % len(_CHAT)]
        text, top = f"{author}  {line}", 548 + row * 29
        width = ImageFont.load_default(13).getlength(text)
        draw.rounded_rectangle((10, top, 30 + width, top + 24), 12, fill=(0, 0, 0, 90))
        draw.text((20, top + 4), text, font=ImageFont.load_default(13), fill=(255, 255, 255, 235))
    if price is not None:
        _tag(draw, price)
    return Image.alpha_composite(frame.convert("RGBA"), sheet).convert("RGB")


def _tag(draw: ImageDraw.ImageDraw, price: str) -> None:
    font = ImageFont.load_default(17)
    left = 462 - font.getlength(price) - 24
    draw.rounded_rectangle((left, 590, 462, 622), 8, fill=(214, 40, 60, 240))
    draw.text((left + 12, 596), price, font=font, fill=(255, 255, 255, 255))
