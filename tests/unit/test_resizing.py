"""Pictures are made smaller as a camera farther away would have seen them."""

import numpy as np
import pytest
from PIL import Image

from stages.adapters.resizing import pixels, resize, shrink


def test_what_is_twice_as_large_or_more_passes_no_pixel_over() -> None:
    stripes = np.zeros((900, 900, 3), np.uint8)
    stripes[::2] = 200
    assert set(np.unique(shrink(stripes, 224, 224))) <= set(range(66, 135))
    assert np.ptp(resize(stripes, 225, 225)) == 0, "the shortcut that shrinking may not take"
    assert stripes[0, 0, 0] == 200


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (224, 224), (447, 448), (1920, 1080)])
def test_any_size_becomes_the_size_asked_for(size: tuple[int, int]) -> None:
    picture = pixels(Image.new("RGB", size, (10, 20, 30)))
    assert picture.shape == (size[1], size[0], 3)
    shrunk = shrink(picture, 60, 40)
    assert shrunk.shape == (40, 60, 3)
    assert (shrunk == (10, 20, 30)).all()


def test_a_crop_that_shares_its_frame_s_memory_is_read_right() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    crop = frame[20:260, 30:350]
    assert np.array_equal(shrink(crop, 80, 60), shrink(crop.copy(), 80, 60))


def test_the_picture_keeps_its_place() -> None:
    half = np.zeros((640, 640, 3), np.uint8)
    half[:, 320:] = 255
    small = shrink(half, 224, 224)
    assert small[:, :110].max() == 0
    assert small[:, 114:].min() == 255


def test_a_palette_or_a_mask_is_no_obstacle() -> None:
    for mode in ("L", "P", "RGBA", "1"):
        assert pixels(Image.new(mode, (4, 3))).shape == (3, 4, 3)
