"""The image embedding that ships with the product."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from stages.adapters.embedding import Embedder
from stages.adapters.models import MissingModel
from stages.adapters.resizing import pixels

MODEL = Path(__file__).resolve().parents[2] / "stages" / "models" / "vision" / "embedding.onnx"


def drawing(seed: int, side: int = 200) -> Image.Image:
    """One of six things, in a colour of its own."""
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    match seed % 6:
        case 0:
            draw.ellipse((30, 30, 170, 170), fill="orange")
            draw.line((30, 100, 170, 100), fill="black", width=6)
        case 1:
            draw.rounded_rectangle((75, 70, 125, 190), radius=12, fill="darkgreen")
            draw.rectangle((90, 15, 110, 75), fill="darkgreen")
        case 2:
            draw.polygon(((100, 10), (170, 180), (30, 180)), fill="firebrick")
        case 3:
            for x in range(30, 170, 28):
                draw.rectangle((x, 40, x + 14, 160), fill="navy")
        case 4:
            draw.ellipse((110, 70, 185, 140), outline="royalblue", width=14)
            draw.rounded_rectangle((30, 40, 140, 180), radius=14, fill="royalblue")
        case _:
            draw.polygon(((35, 70), (165, 70), (185, 185), (15, 185)), fill="saddlebrown")
            draw.arc((65, 10, 135, 120), 180, 360, fill="black", width=9)
    return picture


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder(MODEL)


def test_every_picture_gets_one_unit_vector(embedder: Embedder) -> None:
    vectors = embedder.embed([pixels(drawing(seed)) for seed in range(3)])
    assert vectors.shape == (3, embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * 3, abs=1e-5)


def test_no_picture_gives_no_vector(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_a_picture_s_vector_does_not_depend_on_its_batch(embedder: Embedder) -> None:
    pictures = [pixels(drawing(seed)) for seed in range(35)]
    together = embedder.embed(pictures)
    for place in (0, 31, 32, 34):
        assert embedder.embed([pictures[place]])[0] == pytest.approx(together[place], abs=1e-4)


def test_a_worse_picture_of_the_same_thing_lies_nearer_than_another_thing(embedder: Embedder) -> None:
    pictures = [drawing(seed) for seed in range(6)]
    worse = [
        picture.rotate(6, fillcolor="white").filter(ImageFilter.GaussianBlur(1.5)) for picture in pictures
    ]
    near, plain = (embedder.embed([pixels(one) for one in many]) for many in (worse, pictures))
    similarities = near @ plain.T
    assert similarities.argmax(axis=1).tolist() == list(range(6))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_any_kind_of_picture_is_taken(embedder: Embedder, mode: str) -> None:
    assert np.isfinite(embedder.embed([pixels(drawing(1).convert(mode))])).all()


def test_a_missing_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match=r"no image embedding at .*gone\.onnx.*stages\.training"):
        Embedder(tmp_path / "gone.onnx")
