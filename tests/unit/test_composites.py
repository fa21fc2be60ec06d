"""Synthetic frames: what is labelled is what is shown, and seeds decide everything."""

from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageDraw

from stages.training.composites import Composer, ProductPool
from stages.training.detector import label_lines
from stages.training.drawn_products import draw_product
from stages.training.sprites import SpriteSheet

TONES = ["1f3fb", "1f3fc", "1f3fd", "1f3fe", "1f3ff"]


def disc(path: Path, colour: str) -> None:
    picture = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((8, 8, 55, 55), fill=colour)
    picture.save(path, "WEBP", lossless=True)


@pytest.fixture(scope="module")
def sprites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough of each kind, named as the sprite package names them."""
    folder = tmp_path_factory.mktemp("sprites")
    for number in range(30):
        disc(folder / f"{0x1F950 + number:x}.webp", "orange")  # food
        disc(folder / f"{0x2190 + number:x}.webp", "red")  # arrows
    for person in range(4):
        for name in ("", *TONES):
            disc(
                folder / f"{0x1F466 + person:x}{'-' if name else ''}{name}.webp", "tan"
            )  # boy, girl, man, woman
    for hand in (0x1F44B, 0x1F44C, 0x1F44F, 0x1F450):
        for name in ("", *TONES):
            disc(folder / f"{hand:x}{'-' if name else ''}{name}.webp", "tan")
    return folder


def test_sprites_are_sorted_into_things_people_hands_and_signs(sprites: Path) -> None:
    sheet = SpriteSheet.from_folder(sprites)
    assert (len(sheet.things), len(sheet.people), len(sheet.hands), len(sheet.signs)) == (30, 24, 24, 30)


def test_a_split_shares_nothing_and_loses_nothing(sprites: Path) -> None:
    sheet = SpriteSheet.from_folder(sprites)
    kept, held_out = sheet.split(seed=1, held_out=0.2)
    assert set(kept.things) | set(held_out.things) == set(sheet.things)
    assert not set(kept.things) & set(held_out.things)
    assert len(held_out.things) == 6


def test_too_few_sprites_say_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="fluent-emoji-3d"):
        SpriteSheet.from_folder(tmp_path)


def composer(sprites: Path, seed: int) -> Composer:
    return Composer(ProductPool(SpriteSheet.from_folder(sprites), (), range(50)), [], Random(seed))


def test_the_same_seed_composes_the_same_frames(sprites: Path) -> None:
    first, second, other = composer(sprites, 3), composer(sprites, 3), composer(sprites, 4)
    frames = [first.compose() for _ in range(3)]
    again = [second.compose() for _ in range(3)]
    assert [frame.picture.tobytes() for frame in frames] == [frame.picture.tobytes() for frame in again]
    assert [frame.boxes for frame in frames] == [frame.boxes for frame in again]
    assert frames[0].picture.tobytes() != other.compose().picture.tobytes()


def test_boxes_lie_inside_their_frame_and_name_the_products_asked_for(sprites: Path) -> None:
    made = composer(sprites, 5)
    labelled = 0
    for _ in range(30):
        frame = made.compose(["drawn:7"])
        assert set(frame.products) <= {"drawn:7"}
        for x0, y0, x1, y1 in frame.boxes:
            assert 0 <= x0 < x1 <= frame.picture.width
            assert 0 <= y0 < y1 <= frame.picture.height
            labelled += 1
    assert labelled > 20


def test_a_frame_without_products_has_no_label(sprites: Path) -> None:
    frame = composer(sprites, 6).compose([])
    assert frame.boxes == ()
    assert label_lines(frame) == ""


def test_labels_are_shares_of_the_frame(sprites: Path) -> None:
    made = composer(sprites, 7)
    frame = next(frame for frame in iter(lambda: made.compose(["drawn:3"]), None) if frame.boxes)
    kind, *shares = label_lines(frame).split()
    assert kind == "0"
    assert all(0 < float(share) <= 1 for share in shares)


def test_a_drawn_product_depends_on_its_number_alone() -> None:
    assert draw_product(Random(11)).tobytes() == draw_product(Random(11)).tobytes()
    assert draw_product(Random(11)).tobytes() != draw_product(Random(12)).tobytes()
