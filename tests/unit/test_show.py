"""The recorded show that comes with the package says what it should, and a broken folder is refused in words."""

from __future__ import annotations

import shutil
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from stages.demo.cli import RECORDED
from stages.demo.script import ShowError
from stages.demo.show import PlainComment, Show, ShowComment, frame_name, load_show

LOOK_BACK_SECONDS = 12


@pytest.fixture(scope="module")
def show() -> Show:
    return load_show(RECORDED)


def buys(show: Show) -> list[ShowComment]:
    return [comment for comment in show.comments if comment.expect == "buy"]


def delay(show: Show, handle: str) -> float:
    return next(s.view_delay_seconds for s in show.script.streamers if s.handle == handle)


def shown(show: Show, handle: str, at: float) -> Counter[str]:
    """How many of the frames that a comment looks back on show each product."""
    end = at - delay(show, handle)
    frames = [f for f in show.frames if f.streamer == handle and end - LOOK_BACK_SECONDS <= f.at <= end]
    products = [show.script.on_screen(handle, frame.at) for frame in frames]
    return Counter(product.sku for product in products if product)


def test_three_platforms_and_three_currencies_are_on_the_air(show: Show) -> None:
    assert {s.platform for s in show.script.streamers} == {"tiktok", "instagram", "youtube"}
    assert {s.currency for s in show.script.streamers} == {"USD", "EUR", "JPY"}
    currency = {s.handle: s.currency for s in show.script.streamers}
    assert all(currency[p.streamer] == p.currency for p in show.script.products)


def test_the_jacket_of_the_readme_is_sold_to_a_viewer_with_a_saved_card(show: Show) -> None:
    jacket = next(p for p in show.script.products if p.name == "Blue Denim Jacket")
    comment = next(c for c in buys(show) if c.message == "OMG I love this jacket! I want to buy it now!")
    buyer = next(b for b in show.script.buyers if b.client_id == comment.client_id)
    assert (jacket.price_minor, jacket.currency, comment.expect_sku) == (7999, "USD", jacket.sku)
    assert (buyer.platform, buyer.card) == (comment.platform, "pm_card_visa")
    assert any(c.message == "This is so cute! 💕" and c.expect == "feedback" for c in show.comments)


def test_every_buy_means_the_product_that_most_of_the_frames_show(show: Show) -> None:
    for comment in buys(show):
        seen = shown(show, comment.streamer, comment.at)
        expected = [(comment.expect_sku, seen[comment.expect_sku])] if comment.expect_sku else []
        assert seen.most_common(1) == expected, comment.message
        assert seen.total() <= 2 * sum(count for _, count in expected), comment.message


def test_some_buys_are_written_while_nothing_is_on_screen(show: Show) -> None:
    assert sum(comment.expect_sku is None for comment in buys(show)) >= 5


def test_only_buys_mean_a_product(show: Show) -> None:
    assert all(c.expect_sku is None for c in show.comments if c.expect != "buy")


def test_more_viewers_claim_the_handbag_than_there_are_and_each_claims_one(show: Show) -> None:
    scarce = [p for p in show.script.products if p.stock < 10]
    claims = [c for c in buys(show) if c.expect_sku in {p.sku for p in scarce}]
    assert len(scarce) == 1
    assert len(claims) > scarce[0].stock
    assert not any(character.isdigit() for claim in claims for character in claim.message)


def test_comments_are_many_varied_and_mostly_no_buys(show: Show) -> None:
    assert len(show.comments) >= 300
    assert 0.15 < len(buys(show)) / len(show.comments) < 0.26
    assert set(Counter(c.expect for c in show.comments)) == {
        "buy",
        "question",
        "feedback",
        "complaint",
        "none",
    }
    assert len({c.message for c in show.comments}) / len(show.comments) > 0.95


def plain_comments(show: Show) -> list[PlainComment]:
    return [line for line in show.lines if isinstance(line, PlainComment)]


def test_lines_are_sorted_and_no_platform_uses_a_message_id_twice(show: Show) -> None:
    times = [line.at for line in show.lines]
    ids = [(c.platform, c.message_id) for c in show.comments]
    ids += [(c.xadd_comment.platform, c.xadd_comment.message_id) for c in plain_comments(show)]
    assert times == sorted(times)
    assert len(ids) == len(set(ids))


def test_poison_is_what_validation_must_refuse(show: Show) -> None:
    entries = [line.xadd for line in show.poison]
    assert len(entries) == 5
    assert sum("client" not in entry for entry in entries) == 1
    assert sum(entry["message"] == "" for entry in entries) == 1
    assert sum(len(entry["message"]) > 2000 for entry in entries) == 1
    assert sum("timestamp" in entry for entry in entries) == 1
    assert sum("kind" in entry for entry in entries) == 1


def test_unsigned_comments_hold_some_buys_at_the_time_they_are_sent(show: Show) -> None:
    assert len(plain_comments(show)) == 6
    assert all(line.xadd_comment.timestamp_at == line.at for line in plain_comments(show))
    claims: list[PlainComment] = [line for line in plain_comments(show) if line.expect == "buy"]
    assert len(claims) == 3
    for line in claims:
        assert shown(show, line.xadd_comment.streamer, line.at).most_common(1)[0][0] == line.expect_sku


def test_buyers_are_known_by_one_id_and_every_kind_of_card_is_used(show: Show) -> None:
    buyers = {(b.platform, b.client_id): b for b in show.script.buyers}
    claimed = {(c.platform, c.client_id) for c in buys(show)}
    cards = Counter(buyers[viewer].card for viewer in claimed if viewer in buyers)
    assert len(buyers) == len(show.script.buyers)
    assert cards.most_common(1)[0][0] == "pm_card_visa"
    assert set(cards) == {
        "pm_card_visa",
        "pm_card_chargeCustomerFail",
        "pm_card_authenticationRequired",
        None,
    }
    assert claimed - set(buyers)
    assert sum(buyer.phone == "+15005550001" for buyer in show.script.buyers) == 3


def test_a_viewer_keeps_name_and_id_together(show: Show) -> None:
    names = {(c.platform, c.client, c.client_id) for c in show.comments}
    names |= {(b.platform, b.client, b.client_id) for b in show.script.buyers}
    assert len(names) == len({(platform, client) for platform, client, _ in names})
    assert len(names) == len({(platform, client_id) for platform, _, client_id in names})


def test_scenes_follow_each_other_from_before_the_show_to_its_end(show: Show) -> None:
    for streamer in show.script.streamers:
        scenes = [scene for scene in show.script.scenes if scene.streamer == streamer.handle]
        assert scenes[0].start <= -LOOK_BACK_SECONDS
        assert scenes[-1].end >= show.seconds
        assert all(before.end == after.start for before, after in pairwise(scenes))
        assert all(scene.end - scene.start >= 8 for scene in scenes if scene.sku)


def test_frames_are_small_portraits_every_two_seconds(show: Show) -> None:
    for streamer in show.script.streamers:
        frames = [frame for frame in show.frames if frame.streamer == streamer.handle]
        assert [frame.at for frame in frames] == list(range(-14, 46, 2))
        for frame in frames:
            with Image.open(frame.path) as picture:
                assert picture.size == (480, 640)
            assert frame.path.stat().st_size <= 40_000


def test_the_whole_show_is_at_most_four_megabytes() -> None:
    assert sum(path.stat().st_size for path in RECORDED.rglob("*") if path.is_file()) <= 4_000_000


def test_a_frame_is_named_after_the_milliseconds_since_twenty_seconds_before_the_start() -> None:
    assert [frame_name(-14), frame_name(0), frame_name(2.5)] == ["006000.jpg", "020000.jpg", "022500.jpg"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RECORDED, tmp_path / "show"))


def test_a_missing_picture_is_named(copy: Path) -> None:
    (copy / "catalog" / "teapot.jpg").unlink()
    with pytest.raises(ShowError, match=r"teapot\.jpg, a picture of Cobalt Blue Teapot, is missing.*draw"):
        load_show(copy)


def test_missing_frames_are_named(copy: Path) -> None:
    shutil.rmtree(copy / "frames" / "kenji_gear")
    with pytest.raises(ShowError, match=r"no frames below .*kenji_gear"):
        load_show(copy)


def test_a_line_out_of_order_is_named(copy: Path) -> None:
    path = copy / "comments.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[-1], *lines[:-1]]))
    with pytest.raises(ShowError, match=r"Line 2 of .* is earlier than the line before it"):
        load_show(copy)


def test_a_line_that_is_no_comment_is_named(copy: Path) -> None:
    path = copy / "comments.jsonl"
    path.write_text('{"at": 1}\n' + path.read_text())
    with pytest.raises(ShowError, match=r"Line 1 of .* is not a comment"):
        load_show(copy)


def test_a_scene_of_a_product_nobody_sells_is_refused(copy: Path) -> None:
    path = copy / "scenes.json"
    path.write_text(path.read_text().replace("TEA-12", "TEA-99"))
    with pytest.raises(ShowError, match=r"A scene shows TEA-99, which casa\.lumiere does not sell"):
        load_show(copy)


def test_a_folder_without_a_show_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match=r"show\.json cannot be read"):
        load_show(tmp_path)
