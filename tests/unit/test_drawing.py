"""The program that drew the show's pictures draws them again."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stages.demo.draw import catalog_picture, shots
from stages.demo.drawing.camera import LARGEST_BYTES, jpeg
from stages.demo.drawing.frame import frame
from stages.demo.drawing.goods import GOODS, cutout
from stages.demo.drawing.held import Hold, held
from stages.demo.script import Script, load_script
from stages.demo.show import frame_name

FOLDER = Path(__file__).parents[2] / "deploy" / "demo"


@pytest.fixture(scope="module")
def script() -> Script:
    return load_script(FOLDER)


def difference(drawn: Image.Image, path: Path) -> float:
    """Mean absolute difference in 0..255; processors may round the last bit differently."""
    with Image.open(path) as kept:
        return float(np.abs(np.asarray(drawn, np.float32) - np.asarray(kept, np.float32)).mean())


@pytest.mark.parametrize("streamer", [0, 1, 2])
def test_a_frame_comes_out_as_it_was_kept(script: Script, streamer: int) -> None:
    host = script.streamers[streamer]
    shot = next(shot for shot in shots(script, host) if shot.second == 14)
    assert difference(frame(shot), FOLDER / "frames" / host.handle / frame_name(14)) < 6


def test_a_catalog_picture_comes_out_as_it_was_kept(script: Script) -> None:
    for number, image in enumerate(script.products[0].images):
        assert difference(catalog_picture(script.products[0], number), FOLDER / image) < 4


def test_the_same_shot_gives_the_same_pixels(script: Script) -> None:
    shot = shots(script, script.streamers[1])[3]
    assert frame(shot).tobytes() == frame(shot).tobytes()


@pytest.mark.parametrize("name", sorted(GOODS))
def test_every_product_leaves_a_figure_on_an_empty_ground(name: str) -> None:
    alpha = np.asarray(cutout(name).getchannel("A")) / 255
    assert 0.08 < alpha.mean() < 0.7
    assert alpha[:8].max() == 0
    assert alpha[-8:].max() == 0


def test_a_straight_hold_only_scales() -> None:
    sheet = held(cutout("teapot"), Hold((200, 200), 400, 0, 0, 0), (400, 400))
    plain = cutout("teapot").resize((400, 400), Image.Resampling.LANCZOS)
    assert np.abs(np.asarray(sheet, np.float32)[..., 3] - np.asarray(plain, np.float32)[..., 3]).mean() < 2


def rough(size: tuple[int, int], amplitude: int) -> Image.Image:
    """A grey picture of noise, which JPEG can hardly press."""
    noise = np.random.default_rng(7).integers(0, amplitude, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(noise)


def test_a_rough_picture_is_pressed_below_the_limit() -> None:
    buffer = io.BytesIO()
    rough((480, 640), 48).save(buffer, "JPEG", quality=80, optimize=True)
    assert buffer.tell() > LARGEST_BYTES
    assert len(jpeg(rough((480, 640), 48))) <= LARGEST_BYTES


def test_a_picture_that_no_jpeg_can_press_is_refused() -> None:
    with pytest.raises(ValueError, match="Make it smaller or smoother"):
        jpeg(rough((1600, 1600), 255))
