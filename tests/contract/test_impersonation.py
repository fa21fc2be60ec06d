"""A comment in another viewer's name never charges that viewer's card, whatever it claims and however it comes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dead_letter import DeadLetter
from schemas.records import MatchedComment, PlacedOrder, Viewer
from schemas.signature import sign, signed
from stages.adapters.database import Database
from stages.adapters.database.buyers import Buyer, Buyers
from stages.adapters.vault import Vault
from stages.ingest import comment_id, open_comment
from stages.sources import Sources
from tests.contract.past_shop import KEY, PastShop
from tests.contract.stall import NOW, Stall

SOURCES = Sources({"gateway": KEY, "import": "another source's key"}, frozenset({"gateway"}))
GOOD = signed(
    {
        "streamer": "ana", "client": "emma", "client_id": "6937", "message": "I buy it", "platform": "tiktok",
        "message_id": "m-1", "timestamp": "2026-01-01T00:00:00+00:00",
    },
    source="gateway",
    key=KEY,
)  # fmt: skip

LOOK_ALIKES = (
    "Gateway", "GATEWAY", " gateway", "gateway ", "gateway\x00", "gаteway", "ｇａｔｅｗａｙ", "gate\u200bway",
    "gateway\n", "", "*", "stream", "import",
)  # fmt: skip


def is_verified(fields: Mapping[str, str], seq: str = "1-1") -> bool:
    """Whether the door takes the fields for a verified source's."""
    raw = {name.encode(): value.encode() for name, value in fields.items()}
    return open_comment(seq, raw, sources=SOURCES).record.viewer.verified


def test_a_comment_as_it_was_signed_is_verified() -> None:
    assert is_verified(GOOD)


@given(
    st.sampled_from(sorted(GOOD)),
    st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1),
)
def test_no_field_can_be_altered(name: str, value: str) -> None:
    if value == GOOD[name]:
        return
    altered = {**GOOD, name: value}
    assert SOURCES.vouch(altered)[1] is False


@pytest.mark.parametrize("name", sorted(GOOD))
def test_no_field_can_be_left_out(name: str) -> None:
    assert SOURCES.vouch({key: value for key, value in GOOD.items() if key != name})[1] is False


@pytest.mark.parametrize("name", ["verified", "frame_urls", "kind", "comment_id", "Client", "client\x00"])
def test_no_field_can_be_added(name: str) -> None:
    assert SOURCES.vouch({**GOOD, name: "true"})[1] is False


@pytest.mark.parametrize("source", LOOK_ALIKES)
def test_no_other_name_passes_for_the_gateways(source: str) -> None:
    fields = {name: value for name, value in GOOD.items() if name not in ("source", "sig")}
    assert SOURCES.vouch({**GOOD, "source": source})[1] is False
    for key in ("", "a guess", source):
        stamped = {**fields, "source": source}
        assert SOURCES.vouch({**stamped, "sig": sign(stamped, key)})[1] is False


@pytest.mark.parametrize(
    "sig",
    ["", "0" * 64, GOOD["sig"].upper(), GOOD["sig"][:-1], GOOD["sig"] + "0", f" {GOOD['sig']}", "é" * 64],
)
def test_no_other_signature_is_taken(sig: str) -> None:
    assert SOURCES.vouch({**GOOD, "sig": sig})[1] is False


def test_another_sources_key_signs_for_itself_alone() -> None:
    fields = {name: value for name, value in GOOD.items() if name not in ("source", "sig")}
    as_gateway = {**fields, "source": "gateway"}
    assert SOURCES.vouch({**as_gateway, "sig": sign(as_gateway, "another source's key")}) == ("stream", False)
    assert SOURCES.vouch(signed(fields, source="import", key="another source's key")) == ("import", False)


def test_parts_cannot_be_moved_between_fields() -> None:
    """What is signed are names and values with their lengths: no two sets of fields look the same."""
    moved = {**GOOD, "client": GOOD["client"] + GOOD["client_id"], "client_id": ""}
    assert SOURCES.vouch(moved)[1] is False


@given(st.integers(1, 2**40))
def test_a_replayed_comment_is_the_same_comment(at: int) -> None:
    raw = {name.encode(): value.encode() for name, value in GOOD.items()}
    again = open_comment(f"{at}-0", raw, sources=SOURCES).record
    assert again.comment_id == open_comment("1-1", raw, sources=SOURCES).record.comment_id


def test_without_a_message_id_nothing_is_verified_whoever_signed_it() -> None:
    fields = {name: value for name, value in GOOD.items() if name not in ("message_id", "sig")}
    assert SOURCES.vouch({**fields, "sig": sign(fields, KEY)})[1] is False


async def test_of_all_that_comes_through_the_stream_only_the_signed_comment_charges_and_once(
    shop: PastShop,
) -> None:
    at = shop.ago(10)
    shop.lay_frame(at)
    await shop.change("update products set stock = 100")
    start = int(at.timestamp() * 1000)

    def fields(number: int, **changed: str) -> dict[str, str]:
        return {
            "streamer": "ana", "client": "bo", "client_id": "bo", "message": "I buy it", "platform": "tiktok",
            "message_id": f"m-{number}-{uuid4().hex}", "timestamp": at.isoformat(), **changed,
        }  # fmt: skip

    genuine = signed(fields(0), source="gateway", key=KEY)
    other = signed(fields(1, client="mallory", client_id="mallory"), source="gateway", key="a guess")
    forged = [
        fields(2),
        fields(3, source="gateway"),
        fields(4, source="gateway", sig=genuine["sig"]),
        {**genuine, "message_id": f"m-5-{uuid4().hex}"},
        {**genuine, "message_id": f"m-6-{uuid4().hex}", "sig": sign({**genuine, "message_id": "x"}, "")},
        signed(fields(7), source="gateway", key="a guess"),
        signed(fields(8), source="gаteway", key=KEY),
        {name: value for name, value in genuine.items() if name != "message_id"},
        {**other, "client": "bo", "client_id": "bo"},
        {**genuine, "verified": "true", "message_id": f"m-9-{uuid4().hex}"},
    ]
    for number, entry in enumerate([genuine, *forged, genuine, genuine]):  # and copies of the genuine one
        await shop.xadd(start + number, entry)
    # Two of one name in an entry: the last one counts, and is not what was signed.
    parts = [part for pair in genuine.items() for part in pair]
    await shop.wiring.redis.execute_command(
        "XADD", shop.wiring.keys.comments, f"{start + 50}-0", *parts, "message_id", f"m-10-{uuid4().hex}"
    )
    # And one that was dead-lettered, and is given to the stage again.
    letter = fields(11, source="gateway", sig=genuine["sig"])
    await _redriven(shop, start + 60, letter)
    await shop.repaired()

    orders = await shop.rows("select comment_id, order_number, status from orders order by placed_at")
    assert len(orders) >= len(forged)  # they do order, up to what one buyer may hold unpaid
    assert {row["status"] for row in orders} == {"paid", "awaiting_payment"}
    paid = [row for row in orders if row["status"] == "paid"]
    assert [row["comment_id"] for row in paid] == [comment_id("0-0", "tiktok", genuine)]
    charged = [row["order_number"] for row in orders if shop.charges(row["order_number"])]
    assert charged == [paid[0]["order_number"]]
    assert len(shop.charges(charged[0])) == 1


async def _redriven(shop: PastShop, at_ms: int, fields: Mapping[str, str]) -> None:
    """As the redriver does: the original fields go back into the public stream."""
    letter = DeadLetter(
        "ingest", "comments_stream", 0, "", "1-1", "", "", "", 1, 1, 1,
        {name.encode(): value.encode() for name, value in fields.items()},
    )  # fmt: skip
    parts = [part for pair in letter.raw.items() for part in pair]
    await shop.wiring.redis.execute_command("XADD", shop.wiring.keys.comments, f"{at_ms}-0", *parts)


@pytest.fixture
async def stall(database: Database) -> Stall:
    """A stall with two pieces, and Emma, who has a card."""
    stall = await Stall(database).open(2)
    for key, handle in ((f"{stall.seller}/emma", "emma"), (f"{stall.seller}-dora", f"{stall.seller}-dora")):
        await Buyers(database, Vault(())).put(
            Buyer("tiktok", key, handle, stripe_customer=f"cus_{uuid4().hex}", payment_method="pm_1")
        )
    return stall


async def _placed(stall: Stall, claim: MatchedComment) -> PlacedOrder:
    placed = await stall.orders.place(claim, NOW, 3600.0, 0)
    assert isinstance(placed, PlacedOrder)
    return placed


async def test_a_viewer_of_a_verified_source_is_charged(stall: Stall) -> None:
    placed = await _placed(stall, await stall.claim("emma", verified=True))
    assert (await stall.orders.to_pay(placed.order_id)).card is not None


async def test_a_record_that_says_it_is_verified_charges_nothing_where_the_comment_was_not(
    stall: Stall,
) -> None:
    claim = await stall.claim("emma", verified=False)
    forged = claim.model_copy(update={"viewer": claim.viewer.model_copy(update={"verified": True})})
    placed = await _placed(stall, forged)
    assert (await stall.orders.to_pay(placed.order_id)).card is None


async def test_a_verified_comment_of_ones_own_charges_nobody_else(stall: Stall) -> None:
    own = await stall.claim("mallory", verified=True)
    emma = Viewer(platform="tiktok", client="emma", client_id=f"{stall.seller}/emma", verified=True)
    placed = await _placed(stall, own.model_copy(update={"viewer": emma}))
    assert (await stall.orders.to_pay(placed.order_id)).card is None


async def test_who_calls_themselves_by_anothers_id_is_not_charged_for_them(stall: Stall) -> None:
    """Mallory's name is Emma's id, and the platform gave none of her own."""
    claim = await _nameless(stall, f"{stall.seller}/emma")
    placed = await _placed(stall, claim)
    assert (await stall.orders.to_pay(placed.order_id)).card is None
    [row] = await stall.rows("select handle from buyers where client_id = $1", f"{stall.seller}/emma")
    assert row["handle"] == "emma"


async def test_who_is_known_by_the_name_alone_is_charged(stall: Stall) -> None:
    placed = await _placed(stall, await _nameless(stall, f"{stall.seller}-dora"))
    assert (await stall.orders.to_pay(placed.order_id)).card is not None


async def _nameless(stall: Stall, client: str) -> MatchedComment:
    """A claim of a verified source for a viewer without an id."""
    claim = await stall.claim(client, verified=True)
    await stall.change(
        "update chat_messages set client = $2, client_id = null where id = $1", claim.comment_id, client
    )
    viewer = Viewer(platform="tiktok", client=client, verified=True)
    return claim.model_copy(update={"viewer": viewer})


async def test_the_same_id_on_another_platform_is_somebody_else(stall: Stall) -> None:
    claim = await stall.claim("emma", verified=True)
    await stall.change("update chat_messages set platform = 'youtube' where id = $1", claim.comment_id)
    placed = await _placed(stall, claim)
    assert (await stall.orders.to_pay(placed.order_id)).card is None


async def test_a_served_place_on_the_waitlist_charges_no_more_than_its_comment_could(stall: Stall) -> None:
    first = await _placed(stall, await stall.claim("bea", 2))
    forged = await stall.claim("emma", verified=False)
    own = await stall.claim("emma", verified=True)
    for claim in (forged, own):
        await stall.orders.place(claim, NOW, 3600.0, 0)
    assert [name for name, _ in await stall.waiting()] == ["emma", "emma"]
    await stall.orders.cancel(first.order_id, "host", NOW)
    assert await stall.waiting() == []
    assert await _card_of(stall, forged.comment_id) is False
    assert await _card_of(stall, own.comment_id) is True


async def test_a_revived_hold_charges_no_more_than_its_comment_could(stall: Stall) -> None:
    placed = await _placed(stall, await stall.claim("emma", verified=False))
    await stall.await_payment()
    assert await stall.orders.cancel(placed.order_id, "hold expired", NOW + timedelta(hours=1))
    assert await stall.orders.revive(placed.order_id, NOW + timedelta(hours=1))
    assert (await stall.orders.to_pay(placed.order_id)).card is None


async def _card_of(stall: Stall, comment: UUID) -> bool:
    [row] = await stall.rows("select id from orders where comment_id = $1", comment)
    return (await stall.orders.to_pay(row["id"])).card is not None
