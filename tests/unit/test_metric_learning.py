"""What the embedding is taught by: each photo's own catalog picture is to be the nearest."""

import math

import pytest
import torch

pytest.importorskip("efficientnet_lite_pytorch", reason="the training extra isn't installed")

from stages.training.metric_learning import contrast

SHARP = torch.tensor(10.0)


def test_the_loss_is_least_where_each_photo_lies_at_its_own_catalog_picture() -> None:
    catalog = torch.eye(4)
    own = catalog.repeat_interleave(2, dim=0)
    exchanged = catalog.roll(1, dims=0).repeat_interleave(2, dim=0)
    one_astray = own.clone()
    one_astray[5] = catalog[0]
    right, astray, wrong = (
        float(contrast(catalog, photos, SHARP)) for photos in (own, one_astray, exchanged)
    )
    assert right < astray < wrong


def test_a_photo_that_lies_amid_all_pictures_tells_nothing() -> None:
    catalog = torch.eye(4)
    amid = torch.full((8, 4), 0.5)
    # log 4 to choose one picture of four by chance, log 8 to choose one photo of eight
    assert float(contrast(catalog, amid, SHARP)) == pytest.approx(math.log(4) + math.log(8))
