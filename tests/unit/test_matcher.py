"""The matcher on its real models, with products and frames drawn here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from stages.adapters.catalog_index import CatalogIndex, ProductVectors, as_query, familiarity
from stages.adapters.evidence import Calibration, Evidence, weigh
from stages.adapters.matcher import Matcher
from stages.adapters.models import MissingModel

MODELS = Path(__file__).resolve().parents[2] / "stages" / "models" / "vision"
Draw = ImageDraw.ImageDraw


def bottle(draw: Draw) -> None:
    draw.rounded_rectangle((70, 80, 130, 195), radius=14, fill=(20, 120, 60))
    draw.rectangle((88, 25, 112, 90), fill=(20, 120, 60))
    draw.rectangle((86, 10, 114, 28), fill=(220, 180, 40))
    draw.rectangle((72, 115, 128, 165), fill=(250, 245, 230))


def mug(draw: Draw) -> None:
    draw.ellipse((115, 70, 185, 150), outline=(40, 60, 200), width=14)
    draw.rounded_rectangle((30, 40, 145, 180), radius=16, fill=(40, 60, 200))
    draw.ellipse((30, 28, 145, 56), fill=(235, 235, 250))


def shirt(draw: Draw) -> None:
    draw.polygon(((60, 30), (10, 90), (40, 110), (65, 80)), fill=(230, 60, 50))
    draw.polygon(((140, 30), (190, 90), (160, 110), (135, 80)), fill=(230, 60, 50))
    draw.rectangle((58, 28, 142, 185), fill=(230, 60, 50))
    draw.ellipse((82, 14, 118, 42), fill="white")
    for y in range(60, 180, 24):
        draw.rectangle((58, y, 142, y + 8), fill="white")


def banana(draw: Draw) -> None:
    draw.arc((20, -60, 180, 160), 20, 160, fill=(245, 210, 40), width=34)
    draw.ellipse((16, 66, 40, 90), fill=(90, 70, 20))


def clock(draw: Draw) -> None:
    draw.ellipse((25, 25, 175, 175), fill=(60, 50, 50), outline=(200, 160, 60), width=10)
    draw.line((100, 100, 100, 48), fill="white", width=7)
    draw.line((100, 100, 138, 118), fill="white", width=7)


def bag(draw: Draw) -> None:
    draw.arc((65, 10, 135, 110), 180, 360, fill=(120, 70, 30), width=10)
    draw.polygon(((35, 70), (165, 70), (185, 185), (15, 185)), fill=(170, 100, 50))
    draw.rectangle((85, 100, 115, 125), fill=(230, 200, 90))


PRODUCTS: dict[str, Callable[[Draw], None]] = {
    kind.__name__: kind for kind in (bottle, mug, shirt, banana, clock, bag)
}


def catalog_picture(sku: str) -> Image.Image:
    picture = Image.new("RGB", (200, 200), "white")
    PRODUCTS[sku](ImageDraw.Draw(picture))
    return picture


def frame(sku: str | None, spot: tuple[int, int] = (80, 110), side: int = 170) -> Image.Image:
    """A room, and the product held into it, a little turned and blurred."""
    picture = Image.new("RGB", (320, 320), (188, 178, 160))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 320, 60), fill=(120, 130, 150))
    draw.rectangle((0, 260, 320, 320), fill=(95, 75, 60))
    if sku:
        layer = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
        PRODUCTS[sku](ImageDraw.Draw(layer))
        layer = layer.rotate(7, resample=Image.Resampling.BICUBIC).resize((side, side))
        picture.paste(layer, spot, layer)
    return picture.filter(ImageFilter.GaussianBlur(0.7))


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher.from_folder(MODELS)


@pytest.fixture(scope="module")
def index(matcher: Matcher) -> CatalogIndex:
    return matcher.index((sku, [catalog_picture(sku)]) for sku in PRODUCTS)


@pytest.mark.parametrize("sku", PRODUCTS)
def test_a_product_shown_is_found_and_accepted(matcher: Matcher, index: CatalogIndex, sku: str) -> None:
    shown = [matcher.describe(frame(sku, spot)) for spot in ((60, 90), (80, 110), (95, 100))]
    found = matcher.match(shown, index)
    assert found is not None
    assert found.sku == sku
    assert found.score > 0.7


@pytest.mark.parametrize("sku", PRODUCTS)
def test_a_product_that_is_not_listed_is_not_accepted(matcher: Matcher, sku: str) -> None:
    others = matcher.index((other, [catalog_picture(other)]) for other in PRODUCTS if other != sku)
    found = matcher.match([matcher.describe(frame(sku))], others)
    assert found is not None
    assert found.score <= 0.7


def test_an_empty_room_is_not_accepted(matcher: Matcher, index: CatalogIndex) -> None:
    found = matcher.match([matcher.describe(frame(None))], index)
    assert found is not None
    assert found.score <= 0.7


def test_frames_that_show_nothing_do_not_outvote_those_that_do(matcher: Matcher, index: CatalogIndex) -> None:
    shown = matcher.describe_all([frame("mug"), frame(None), frame("mug", (90, 90)), frame(None)])
    found = matcher.match(shown, index)
    assert found is not None
    assert found.sku == "mug"


def test_without_products_or_frames_there_is_no_match(matcher: Matcher, index: CatalogIndex) -> None:
    described = matcher.describe(frame("mug"))
    assert matcher.match([described], CatalogIndex([])) is None
    assert matcher.match([], index) is None


def test_frames_described_together_or_alone_are_described_the_same(matcher: Matcher) -> None:
    frames = [frame("mug"), frame("bag").resize((180, 320)), frame(None).convert("L")]
    for together, one in zip(matcher.describe_all(frames), frames, strict=True):
        alone = matcher.describe(one)
        assert alone.boxes == together.boxes
        assert alone.vectors == pytest.approx(together.vectors, abs=1e-3)
        assert len(alone.vectors) == len(alone.boxes)


def test_a_product_with_several_pictures_is_found_by_any(matcher: Matcher) -> None:
    index = matcher.index(
        [("set", [catalog_picture("mug"), catalog_picture("bag")]), ("clock", [catalog_picture("clock")])]
    )
    for shown in ("mug", "bag"):
        found = matcher.match([matcher.describe(frame(shown))], index)
        assert found is not None
        assert found.sku == "set"


@pytest.mark.parametrize("missing", ["detector.onnx", "embedding.onnx", "calibration.json"])
def test_a_missing_part_is_named(tmp_path: Path, missing: str) -> None:
    for name in {"detector.onnx", "embedding.onnx", "calibration.json"} - {missing}:
        (tmp_path / name).symlink_to(MODELS / name)
    with pytest.raises(MissingModel, match=missing.replace(".", r"\.")):
        Matcher.from_folder(tmp_path)


def vectors(*rows: tuple[float, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    matrix = np.asarray(rows, np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix


def test_the_index_takes_each_product_s_most_similar_picture() -> None:
    index = CatalogIndex(
        [ProductVectors("a", vectors((1, 0, 0), (0, 1, 0))), ProductVectors("b", vectors((0, 0, 1)))]
    )
    similar = index.similarities(vectors((0, 1, 0), (0, 3, 4)))
    assert similar == pytest.approx(np.asarray([[1, 0], [0.6, 0.8]]), abs=1e-6)


def test_a_picture_that_resembles_everything_stands_back() -> None:
    cohort = vectors((1, 0.2, 0), (1, 0, 0.2), (1, -0.1, 0))
    hub, plain = vectors((1, 0.1, 0.3)), vectors((0, 1, 0.4))
    index = CatalogIndex(
        [
            ProductVectors(sku, np.column_stack((one, -familiarity(one, cohort))))
            for sku, one in (("hub", hub), ("plain", plain))
        ]
    )
    seen = vectors((1, 0.9, 0.3))
    assert float((seen @ hub.T)[0, 0]) > float((seen @ plain.T)[0, 0])
    assert int(index.similarities(as_query(seen))[0].argmax()) == 1


def test_without_a_cohort_nothing_is_familiar() -> None:
    assert familiarity(vectors((1, 0)), np.zeros((0, 2), np.float32)) == pytest.approx([0])


def test_two_products_may_not_share_a_sku_nor_go_without_picture() -> None:
    one = ProductVectors("a", vectors((1, 0)))
    with pytest.raises(ValueError, match="lists 'a' twice"):
        CatalogIndex([one, one])
    with pytest.raises(ValueError, match="'b' has no picture"):
        CatalogIndex([one, ProductVectors("b", np.zeros((0, 2), np.float32))])


def test_one_product_in_five_hundred_is_found_by_its_second_picture() -> None:
    random = np.random.default_rng(0)
    products = [ProductVectors(str(sku), vectors(*random.normal(size=(2, 64)))) for sku in range(500)]
    seen = vectors(*random.normal(size=(11, 64)))
    seen[7] = vectors(tuple(products[321].vectors[1] + 0.01))[0]
    index = CatalogIndex(products)
    found = weigh([index.similarities(seen)])
    assert found is not None
    assert index.skus[found.product] == "321"


def test_evidence_is_of_the_frames_that_show_the_product() -> None:
    shows = np.asarray([[0.2, 0.1], [0.9, 0.3]], np.float32)
    empty = np.asarray([[0.1, 0.2], [0.0, 0.1]], np.float32)
    found = weigh([shows, empty])
    assert found is not None
    assert found.product == 0
    assert found.similarity == pytest.approx(0.9)
    assert found.margin == pytest.approx(0.6)


def test_regions_agree_on_each_of_two_products_with_one_picture() -> None:
    frame = np.asarray([[0.8, 0.8, 0.1], [0.6, 0.6, 0.2], [0.1, 0.1, 0.7]], np.float32)
    agreements = [weigh([frame], np.asarray(hints)) for hints in ((1.0, 0, 0), (0, 1.0, 0))]
    assert [found and (found.product, found.agreement) for found in agreements] == [(0, 0.5), (1, 0.5)]


@given(st.lists(st.lists(st.floats(-1, 1, width=32), min_size=6, max_size=6), min_size=1, max_size=5))
def test_evidence_stays_in_its_bounds(rows: list[list[float]]) -> None:
    found = weigh([np.asarray(row, np.float32).reshape(2, 3) for row in rows])
    assert found is not None
    assert 0 <= found.product < 3
    assert -1 <= found.similarity <= 1
    assert 0 <= found.margin <= 2
    assert 0 <= found.agreement <= 1


@given(st.floats(-1, 1), st.floats(0, 2), st.floats(0, 1), st.floats(0, 0.5))
def test_more_similarity_or_margin_never_lowers_the_score(
    similarity: float, margin: float, agreement: float, more: float
) -> None:
    calibration = Calibration.from_file(MODELS / "calibration.json")
    score = calibration.score(Evidence(0, similarity, margin, agreement))
    assert 0 <= score <= 1
    assert calibration.score(Evidence(0, similarity + more, margin, agreement)) >= score
    assert calibration.score(Evidence(0, similarity, margin + more, agreement)) >= score


def test_a_calibration_is_read_as_it_was_saved(tmp_path: Path) -> None:
    written = Calibration(-3.5, 8.0, 11.25, 1.0, 0.15)
    written.save(tmp_path / "calibration.json")
    assert Calibration.from_file(tmp_path / "calibration.json") == written


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"intercept": "much"}', "nonsense"])
def test_a_malformed_calibration_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "calibration.json").write_text(text)
    with pytest.raises(ValueError, match="no score calibration"):
        Calibration.from_file(tmp_path / "calibration.json")
