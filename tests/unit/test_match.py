"""Pictures on lines of JSON against a manifest."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from stages.adapters.matcher import Matcher
from stages.match import UnreadableLine, UnreadableManifest, match_lines

MODELS = Path(__file__).resolve().parents[2] / "stages" / "models" / "vision"


def draw(kind: str, ground: str) -> Image.Image:
    picture = Image.new("RGB", (240, 240), ground)
    pen = ImageDraw.Draw(picture)
    if kind == "ball":
        pen.ellipse((40, 40, 200, 200), fill="orange", outline="black", width=5)
        pen.line((40, 120, 200, 120), fill="black", width=5)
    elif kind == "book":
        pen.rectangle((60, 30, 180, 210), fill="navy")
        pen.rectangle((80, 60, 160, 90), fill="gold")
    else:
        pen.polygon(((120, 30), (210, 200), (30, 200)), fill="green")
    return picture


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher.from_folder(MODELS)


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    folder.mkdir()
    for kind in ("ball", "book", "tree"):
        draw(kind, "white").save(folder / f"{kind}.jpg")
        draw(kind, "#777060").save(tmp_path / f"shown-{kind}.jpg")
    products = [
        {"sku": "B-1", "image": "ball.jpg"},
        {"sku": "B-2", "images": ["book.jpg"]},
        {"sku": "T", "image": "tree.jpg"},
    ]
    return written(folder, {"products": products})


def written(folder: Path, content: object) -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps(content))
    return path


def line(path: Path) -> str:
    return json.dumps({"image": str(path)}) + "\n"


def test_each_picture_gets_its_best_product_in_order(
    manifest: Path, matcher: Matcher, tmp_path: Path
) -> None:
    shown = [tmp_path / f"shown-{kind}.jpg" for kind in ("tree", "ball", "book", "ball")]
    results = list(match_lines([line(path) for path in shown], manifest, matcher))
    assert [result["image"] for result in results] == [str(path) for path in shown]
    assert [result["sku"] for result in results] == ["T", "B-1", "B-2", "B-1"]
    assert all(0 <= result["score"] <= 1 for result in results)
    assert all(list(result) == ["image", "sku", "score"] for result in results)


def test_results_come_while_lines_still_do(manifest: Path, matcher: Matcher, tmp_path: Path) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield line(tmp_path / "shown-ball.jpg").encode()
            yield b"\n"

    assert [result["sku"] for result in islice(match_lines(endless(), manifest, matcher), 2)] == [
        "B-1",
        "B-1",
    ]


def test_an_empty_catalog_gives_no_product(matcher: Matcher, tmp_path: Path, manifest: Path) -> None:
    empty = written(tmp_path, {"products": []})
    shown = tmp_path / "shown-ball.jpg"
    assert list(match_lines([line(shown)], empty, matcher)) == [
        {"image": str(shown), "sku": None, "score": None}
    ]


@pytest.mark.parametrize("bad", ["nonsense", "[]", "{}", '{"image": 3}', '"x"'])
def test_a_line_that_names_no_picture_is_named_by_number(manifest: Path, matcher: Matcher, bad: str) -> None:
    with pytest.raises(UnreadableLine, match="Line 2 isn't like"):
        list(match_lines(["\n", bad], manifest, matcher))


def test_a_picture_that_can_not_be_read_is_named(manifest: Path, matcher: Matcher, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    results = match_lines([line(tmp_path / "shown-ball.jpg"), line(tmp_path / "text.jpg")], manifest, matcher)
    assert next(results)["sku"] == "B-1"
    with pytest.raises(UnreadableLine, match=r"Line 2: .*text\.jpg is no readable picture"):
        next(results)
    with pytest.raises(
        UnreadableLine, match=r"Line 1: .*gone\.jpg can't be read: No such file or directory\.$"
    ):
        list(match_lines([line(tmp_path / "gone.jpg")], manifest, matcher))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ([], "no catalog manifest"),
        ({"products": [{"sku": "a"}]}, "no catalog manifest"),
        ({"products": [{"image": "a.jpg"}]}, "no catalog manifest"),
        ({"products": [{"sku": "a", "image": "x.jpg"}] * 2}, "lists a more than once"),
        ({"products": [{"sku": "a", "image": "gone.jpg"}]}, r"product 'a'.*gone\.jpg"),
    ],
)
def test_a_manifest_that_can_not_be_used_says_why(
    matcher: Matcher, tmp_path: Path, content: object, complaint: str
) -> None:
    with pytest.raises(UnreadableManifest, match=complaint):
        list(match_lines(["{}"], written(tmp_path, content), matcher))


def test_a_missing_manifest_is_named(matcher: Matcher, tmp_path: Path) -> None:
    with pytest.raises(UnreadableManifest, match=r"nowhere\.json"):
        list(match_lines([], tmp_path / "nowhere.json", matcher))
