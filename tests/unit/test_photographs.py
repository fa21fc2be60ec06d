"""Composed photos: large, slanted products and heaps of them; chance comes from the generator alone."""

from random import Random

import numpy as np
import pytest

from stages.training.drawn_products import draw_product
from stages.training.photographs import heap, held, slant


@pytest.mark.parametrize("scene", [heap, held])
def test_the_same_generator_takes_the_same_photo(scene: object) -> None:
    assert callable(scene)
    product = draw_product(Random(4))
    first, again, other = (scene(product, [], Random(seed)) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    assert (first.mode, first.width) == ("RGB", first.height)


def test_a_slanted_product_keeps_its_size_and_loses_its_corners() -> None:
    product = draw_product(Random(4))
    product.putalpha(255)
    alpha = np.asarray(slant(product, Random(1)).getchannel("A"))
    assert alpha.shape == (product.height, product.width)
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255
    assert alpha[0, 0] == 0
