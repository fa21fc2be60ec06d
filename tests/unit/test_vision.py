"""The vision stage on its real models and file stores, with products and frames drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image, ImageDraw

from pipeline.stage import Drop, Emit, Outcome
from schemas.money import Money
from schemas.records import ClassifiedComment, MatchedComment, Viewer
from stages.adapters.database.catalog import Product, Streamer, Vectors, product_id
from stages.adapters.frames import FrameStore
from stages.adapters.matcher import Match, Matcher
from stages.adapters.pictures import PictureStore
from stages.adapters.shelf import Shelves
from stages.adapters.sight import Sight
from stages.vision import Thresholds, see

MODELS = Path(__file__).resolve().parents[2] / "stages" / "models" / "vision"
ANA = "ana"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
PRODUCTS = {"MUG-1": "Sea Breeze Mug", "MUG-2": "Sky Mug", "CLK-3": "Wall Clock"}


def mug() -> Image.Image:
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((115, 70, 185, 150), outline=(40, 60, 200), width=14)
    draw.rounded_rectangle((30, 40, 145, 180), radius=16, fill=(40, 60, 200))
    draw.ellipse((30, 28, 145, 56), fill=(235, 235, 250))
    return picture


def clock() -> Image.Image:
    picture = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((25, 25, 175, 175), fill=(60, 50, 50), outline=(200, 160, 60), width=10)
    draw.line((100, 100, 100, 48), fill="white", width=7)
    draw.line((100, 100, 138, 118), fill="white", width=7)
    return picture


class Listed:
    """Two mugs that look the same, and a clock."""

    def __init__(self) -> None:
        self.vectors: dict[str, Vectors] = {}

    async def handles(self) -> list[str]:
        return [ANA]

    async def streamer(self, handle: str) -> Streamer | None:
        return Streamer(ANA, "Ana", "USD") if handle == ANA else None

    async def products(self, streamer: str, model: str) -> list[Product]:
        price = Money(amount_minor=500, currency="USD")
        return [
            Product(
                product_id(ANA, sku),
                sku,
                name,
                price,
                (f"{sku[:3]}.png",),
                (f"number {sku[-1]}",),
                self.vectors.get(sku),
            )
            for sku, name in PRODUCTS.items()
        ]

    async def store_embedding(self, product: Product, model: str, vectors: Vectors) -> None:
        self.vectors[product.sku] = vectors


class Pinned:
    """What the host holds fast."""

    def __init__(self) -> None:
        self.sku: str | None = None

    async def pinned(self, streamer: str, at: datetime) -> str | None:
        return self.sku


class Noted:
    """Keeps matches, and what is asked."""

    def __init__(self) -> None:
        self.matches: list[tuple[MatchedComment, list[str]]] = []
        self.asked: list[tuple[Sequence[Match], Sequence[str]]] = []
        self.unlisted: list[str] = []

    async def store_match(self, match: MatchedComment, frames: list[str]) -> None:
        self.matches.append((match, frames))

    async def keep(self, claim: ClassifiedComment, code: str) -> bool:
        self.unlisted.append(code)
        return True

    async def ask(self, comment_id: UUID, candidates: Sequence[Match], frames: Sequence[str]) -> None:
        self.asked.append((candidates, frames))


class Show:
    """A stage with all that it needs; frames lie at NOON."""

    def __init__(self, room: Path, matcher: Matcher) -> None:
        for name, draw in (("MUG", mug), ("CLK", clock)):
            shown = Image.new("RGB", (200, 200), "white")
            shown.paste(draw(), (0, 0), draw())
            shown.save(room / f"{name}.png")
        self.frames = FrameStore(room.as_uri())
        self.matcher, self.room = matcher, room
        self.shelves = Shelves(
            Listed(), PictureStore(room.as_uri()), matcher, model="ours", clock=lambda: 0.0
        )
        self.sight = Sight(self.frames, matcher, window_seconds=12, limit=6)
        self.pins, self.noted = Pinned(), Noted()
        self.thresholds = Thresholds(match=0.7, review=0.5)

    async def put_frame(self, product: Image.Image, name: str) -> None:
        picture = Image.new("RGB", (320, 320), (188, 178, 160))
        picture.paste(product.resize((170, 170)), (80, 110), product.resize((170, 170)))
        picture.save(self.room / name, "JPEG", quality=95)
        await self.frames.put(ANA, NOON - timedelta(seconds=2), (self.room / name).read_bytes())

    async def see(self, message: str, *, at: datetime = NOON, code: str | None = None) -> Outcome:
        comment = ClassifiedComment(
            comment_id=UUID(int=1),
            seq="1-1",
            streamer=ANA,
            viewer=Viewer(platform="tiktok", client="bo"),
            message=message,
            timestamp=at,
            intent="buy",
            score=0.9,
            code=code,
        )
        return await see(
            comment,
            shelves=self.shelves,
            sight=self.sight,
            matcher=self.matcher,
            catalog=self.noted,
            unlisted=self.noted,
            pins=self.pins,
            reviews=self.noted,
            thresholds=self.thresholds,
        )


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher.from_folder(MODELS)


@pytest.fixture
async def show(tmp_path: Path, matcher: Matcher) -> Show:
    """A show in which the mug is held up at NOON."""
    shop = Show(tmp_path, matcher)
    await shop.put_frame(mug(), "frame.jpg")
    return shop


def claim(outcome: Outcome) -> MatchedComment:
    assert isinstance(outcome, Emit), outcome
    assert isinstance(outcome.record, MatchedComment)
    return outcome.record


LATER = NOON + timedelta(hours=1)  # no frame is there


@pytest.mark.parametrize("name", ["Sea Breeze Mug", "Sky Mug"])
async def test_a_name_decides_between_products_that_look_alike(show: Show, name: str) -> None:
    found = claim(await show.see(f"I'll take the {name.lower()}!"))
    assert found.product_name == name
    assert found.score > 0.7


@pytest.mark.parametrize("sku", ["MUG-1", "MUG-2"])
async def test_a_code_decides_between_products_that_look_alike(show: Show, sku: str) -> None:
    found = claim(await show.see(f"{sku.lower()} x2"))
    assert (found.product_name, found.code, found.quantity, found.score) == (PRODUCTS[sku], sku, 2, 0.95)


@pytest.mark.parametrize("sku", ["MUG-1", "MUG-2"])
async def test_a_pin_tips_the_scale_between_products_that_look_alike(show: Show, sku: str) -> None:
    await show.see("mine!!")
    plain = show.noted.matches[-1][0].score
    show.pins.sku = sku
    await show.see("mine!!")
    match, frames = show.noted.matches[-1]
    assert match.product_name == PRODUCTS[sku]
    assert match.score > plain
    assert len(frames) == 1


async def test_a_code_stands_whatever_is_on_screen(show: Show) -> None:
    assert claim(await show.see("CLK-3 for me")).product_name == "Wall Clock"


@pytest.mark.parametrize(
    ("message", "score"), [("CLK-3 for me", 0.95), ("clk3+1", 0.95), ("the wall clock please", 0.85)]
)
async def test_without_frames_a_product_named_outright_is_matched(
    show: Show, message: str, score: float
) -> None:
    found = claim(await show.see(message, at=LATER))
    assert (found.product_name, found.score) == ("Wall Clock", score)
    assert show.noted.matches == [(found, [])]


@pytest.mark.parametrize(
    "message", ["mine!!", "a mug please", "the sea breeze mug and the sky mug", "Z9 pls"]
)
async def test_without_frames_a_comment_that_names_no_one_product_ends(show: Show, message: str) -> None:
    show.pins.sku = "CLK-3"
    assert await show.see(message, at=LATER) == Drop("no frames")
    assert not show.noted.matches


async def test_an_unsure_match_is_put_up_for_review_with_the_likeliest_products(show: Show) -> None:
    show.thresholds = Thresholds(match=0.999, review=0.0)
    outcome = await show.see("mine!!")
    assert isinstance(outcome, Drop)
    assert outcome.reason == "no match"
    ((candidates, frames),) = show.noted.asked
    assert {each.sku for each in candidates[:2]} == {"MUG-1", "MUG-2"}
    assert len(candidates) == 3
    assert sum(each.score for each in candidates) <= 1
    first = candidates[0]
    assert outcome.note == {"sku": first.sku, "score": round(first.score, 4), "review": True}
    assert frames == show.noted.matches[0][1]


async def test_an_alias_without_frames_is_put_up_for_review(show: Show) -> None:
    outcome = await show.see("number 3 wall", at=LATER)
    assert isinstance(outcome, Drop)
    assert (outcome.note["review"], outcome.note["sku"]) == (True, "CLK-3")
    assert show.noted.asked == [([Match("CLK-3", 0.6)], [])]


async def test_what_is_too_unsure_is_no_match_and_nobody_is_asked(show: Show) -> None:
    show.thresholds = Thresholds(match=0.9999, review=0.999)
    outcome = await show.see("mine!!")
    assert isinstance(outcome, Drop)
    assert outcome.reason == "no match"
    assert not show.noted.asked
    assert len(show.noted.matches) == 1


async def test_a_streamer_without_catalog_has_none(show: Show) -> None:
    show.shelves = Shelves(
        Listed(), PictureStore(show.room.as_uri()), show.matcher, model="ours", clock=lambda: 0.0
    )
    unknown = ClassifiedComment(
        comment_id=UUID(int=1),
        seq="1-1",
        streamer="nobody",
        viewer=Viewer(platform="tiktok", client="bo"),
        message="CLK-3",
        timestamp=NOON,
        intent="buy",
        score=0.9,
    )
    outcome = await see(
        unknown,
        shelves=show.shelves,
        sight=show.sight,
        matcher=show.matcher,
        catalog=show.noted,
        unlisted=show.noted,
        pins=show.pins,
        reviews=show.noted,
        thresholds=show.thresholds,
    )
    assert outcome == Drop("no catalog")


async def test_a_code_that_nobody_listed_waits_for_its_product(show: Show) -> None:
    assert await show.see("NEW-7 please", code="NEW-7") == Drop("not listed yet", {"code": "NEW7"})
    assert show.noted.unlisted == ["NEW7"]
    assert not show.noted.matches
