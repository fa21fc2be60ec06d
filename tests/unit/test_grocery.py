"""The grocery photos' three parts: what the models are judged by, none of them was made with."""

import json
from pathlib import Path

import pytest

from stages.training.grocery import grocery_parts


def folder_of(path: Path, products: int) -> Path:
    skus = [f"product-{number:02d}" for number in range(products)]
    manifest = {
        "products": [{"sku": sku, "image": f"catalog/{sku}.jpg"} for sku in reversed(skus)],
        "frames": [{"sku": sku, "image": f"frames/{sku}_{shot}.jpg"} for sku in skus for shot in range(3)],
    }
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_no_product_and_no_photo_is_in_two_parts(tmp_path: Path) -> None:
    parts = grocery_parts(folder_of(tmp_path, 41))
    skus = [[product.sku for product in part] for part in (parts.training, parts.calibration, parts.test)]
    assert [len(part) for part in skus] == [21, 10, 10]
    assert len({sku for part in skus for sku in part}) == 41
    for part in (parts.training, parts.calibration, parts.test):
        for product in part:
            assert [path.stem.rsplit("_", 1)[0] for path in product.photos] == [product.sku] * 3


def test_the_parts_are_always_the_same(tmp_path: Path) -> None:
    assert grocery_parts(folder_of(tmp_path, 41)) == grocery_parts(tmp_path)
    first = [product.sku for product in grocery_parts(tmp_path).training[:3]]
    assert first != sorted(first)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="manifest"):
        grocery_parts(tmp_path)
