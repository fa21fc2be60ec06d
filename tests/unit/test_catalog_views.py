"""Catalog pictures are cut out and shown on other grounds."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from stages.adapters.catalog_views import catalog_views, cut_out


def photo(ground: str = "white", mode: str = "RGB") -> Image.Image:
    """A red disc with a hole of the ground's colour, which doesn't reach the border."""
    picture = Image.new("RGB", (200, 150), ground)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((60, 30, 140, 110), fill="red")
    draw.ellipse((90, 60, 110, 80), fill=ground)
    return picture.convert(mode)


@pytest.mark.parametrize("ground", ["white", "#e8e8ea", "black"])
def test_a_plain_ground_is_cut_away_but_not_inside_the_product(ground: str) -> None:
    cut = cut_out(photo(ground))
    assert cut.size == (81, 81)
    assert cut.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert cut.getpixel((40, 40))[3] == 255  # type: ignore[index]


def test_a_picture_without_plain_ground_stays_whole() -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (90, 120, 3), dtype=np.uint8))
    assert cut_out(noise).size == noise.size
    assert cut_out(noise).getchannel("A").getextrema() == (255, 255)


def test_an_empty_picture_stays_whole() -> None:
    assert cut_out(Image.new("RGB", (64, 64), "white")).size == (64, 64)


def test_transparency_is_taken_as_it_is() -> None:
    picture = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    ImageDraw.Draw(picture).rectangle((20, 30, 59, 79), fill=(10, 200, 30, 255))
    assert cut_out(picture).size == (40, 50)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK"])
def test_views_are_square_and_always_the_same(mode: str) -> None:
    first, second = catalog_views(photo(mode=mode)), catalog_views(photo(mode=mode))
    assert len(first) == 7
    assert all(view.mode == "RGB" and view.width == view.height for view in first)
    assert [view.tobytes() for view in first] == [view.tobytes() for view in second]


def test_large_pictures_are_made_smaller_first() -> None:
    assert max(max(view.size) for view in catalog_views(photo().resize((4000, 3000)))) < 1500
