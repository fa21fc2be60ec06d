"""Draws a show's catalog and frames: `python -m stages.demo.draw stages/demo/recorded`.

Everything follows from show.json, scenes.json and the code beside this file: the same input gives the same files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from stages.demo.drawing.camera import jpeg
from stages.demo.drawing.frame import Shot, frame
from stages.demo.drawing.goods import cutout
from stages.demo.drawing.held import Hold, held
from stages.demo.script import Product, Script, Streamer, load_script
from stages.demo.show import frame_name

FRAME_EVERY_SECONDS = 2
_ZERO_DECIMAL = frozenset({"JPY", "KRW", "VND"})
_GROUNDS = ((238, 238, 240), (122, 120, 124))


def catalog_picture(product: Product, number: int) -> Image.Image:
    """The product's picture of that number, 400 x 400: the first from the front, further ones tilted."""
    ground = Image.new("RGBA", (400, 400), (*_GROUNDS[number % len(_GROUNDS)], 255))
    name = _goods(product)
    if number == 0:
        ground.alpha_composite(cutout(name).resize((400, 400), Image.Resampling.LANCZOS))
    else:
        ground.alpha_composite(
            held(cutout(name), Hold((200, 200), 350, -8 + 16 * (number % 2), 0.1, -0.1), (400, 400))
        )
    return ground.convert("RGB")


def shots(script: Script, streamer: Streamer) -> list[Shot]:
    """A shot every FRAME_EVERY_SECONDS over all of the streamer's scenes."""
    scenes = [scene for scene in script.scenes if scene.streamer == streamer.handle]
    seconds = range(
        min(scene.start for scene in scenes), max(scene.end for scene in scenes), FRAME_EVERY_SECONDS
    )
    return [_shot(streamer, second, script.on_screen(streamer.handle, second)) for second in seconds]


def draw(folder: Path) -> None:
    """Writes every picture of the show in the folder, and removes frames that no scene asks for."""
    script = load_script(folder)
    for product in script.products:
        for number, image in enumerate(product.images):
            _write(folder / image, jpeg(catalog_picture(product, number), quality=88))
    for streamer in script.streamers:
        wanted = {frame_name(shot.second): shot for shot in shots(script, streamer)}
        for name, shot in wanted.items():
            _write(folder / "frames" / streamer.handle / name, jpeg(frame(shot)))
        for path in (folder / "frames" / streamer.handle).glob("*.jpg"):
            if path.name not in wanted:
                path.unlink()


def _shot(streamer: Streamer, second: int, product: Product | None) -> Shot:
    return Shot(
        platform=streamer.platform,
        handle=streamer.handle,
        name=streamer.handle,
        second=second,
        goods=_goods(product) if product else None,
        price=_price(product) if product else None,
    )


def _goods(product: Product) -> str:
    return Path(product.images[0]).stem


def _price(product: Product) -> str:
    """The price in ASCII, which is all that Pillow's own font can print."""
    if product.currency in _ZERO_DECIMAL:
        return f"{product.currency} {product.price_minor}"
    amount = f"{product.price_minor // 100}.{product.price_minor % 100:02d}"
    return f"${amount}" if product.currency == "USD" else f"{product.currency} {amount}"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Draws a show's catalog and frames.")
    parser.add_argument("folder", type=Path, help="the show's folder, e.g. stages/demo/recorded")
    draw(parser.parse_args().folder)
