"""One comment's way from a viewer's message to its end, on real parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.signature import signed
from stages.doors.gateway import SOURCE
from tests.e2e.shop import BAG_AT, EMMA, EMMA_PHONE, JACKET_AT, Row, Shop, Viewer, identity, until

BUY = "OMG I love this jacket! I want to buy it now!"
DONE = {"stage": "notify", "outcome": "done", "reason": ""}
STRANGER = Viewer("somebody.new", "6900000000000000001")
PAULA = Viewer("さくら_桜", "6979263583443647827")  # a phone number, and no saved card
PAULA_PHONE = "+15550101111"


async def order_of(shop: Shop, fields: dict[str, str]) -> Row:
    """The order that a comment made, once the comment has come to its good end."""
    end = await shop.end_of(identity(fields))
    assert end.items() >= DONE.items()
    return await shop.row("select * from orders where comment_id = $1", identity(fields))


async def test_a_buy_becomes_a_paid_and_confirmed_order(shop: Shop) -> None:
    fields = shop.fields(BUY)
    answer = await shop.post(fields)
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "queued_to": "intent:{0}",
        "stream": "comments_stream",
        "timestamp": shop.moment(JACKET_AT).replace("+00:00", "Z"),
    }
    order = await order_of(shop, fields)
    comment = identity(fields)

    message = await shop.row("select * from chat_messages where id = $1", comment)
    assert (message["message"], message["client"], message["streamer"]) == (BUY, "emma_r", "maya.closet")
    assert (message["source"], message["verified"], message["nlp_intent"]) == ("gateway", True, "buy")
    assert message["nlp_score"] > 0.5

    match = await shop.row("select * from product_matches where comment_id = $1", comment)
    assert (match["product_name"], bool(match["frames"])) == ("Blue Denim Jacket", True)
    assert match["score"] > 0.7

    assert (order["status"], order["amount_minor"], order["currency"]) == ("paid", 7999, "USD")
    mapping = await shop.row("select * from chat_message_order_mapping where comment_id = $1", comment)
    assert mapping["order_id"] == order["id"]
    commission = await shop.row("select * from commissions where order_id = $1", order["id"])
    assert (commission["net_paid_minor"], commission["amount_minor"]) == (7999, 800)  # $8.00
    assert (commission["streamer"], commission["currency"]) == ("maya.closet", "USD")

    [charge] = await shop.charges(order["order_number"])
    assert (charge["amount"], charge["currency"], charge["payment_intent"]) == (
        7999,
        "usd",
        order["payment_id"],
    )
    assert charge["metadata"].items() >= {
        "order_id": order["order_number"], "buyer": "emma_r", "streamer": "maya.closet",
    }.items()  # fmt: skip


async def test_buyer_and_streamer_are_told_of_a_paid_order(shop: Shop) -> None:
    fields = shop.fields(BUY)
    await shop.post(fields)
    order = await order_of(shop, fields)
    number = order["order_number"]
    told = await shop.rows(
        "select recipient, channel, kind, status, message_sid, body from payment_notifications "
        "where order_id = $1 order by recipient",
        order["id"],
    )
    assert [(row["recipient"], row["channel"], row["kind"], row["status"]) for row in told] == [
        ("buyer", "whatsapp", "confirmed", "sent"),
        ("streamer", "whatsapp", "confirmed", "sent"),
    ]
    to_buyer, to_streamer = await shop.messages(number)
    assert to_buyer["to"] == f"whatsapp:{EMMA_PHONE}"
    assert to_buyer["body"] == (
        f"Order {number} confirmed! Your Blue Denim Jacket ($79.99) will ship soon. "
        f"Track: https://track.example/{number}"
    )
    assert to_streamer["to"] == "whatsapp:+15550100001"
    assert [row["message_sid"] for row in told] == [to_buyer["sid"], to_streamer["sid"]]


async def test_a_charge_that_was_answered_by_a_lasting_error_is_found_and_not_repeated(shop: Shop) -> None:
    # Stripe remembers the answer 500 under the key, though the money moved: asking again alone would never help.
    await shop.arm("stripe", "server_error_after_success", path_prefix="/v1/payment_intents")
    fields = shop.fields(BUY)
    await shop.post(fields)
    order = await order_of(shop, fields)
    assert order["status"] == "paid"
    [charge] = await shop.charges(order["order_number"])
    assert charge["payment_intent"] == order["payment_id"]


async def test_feedback_ends_as_feedback_without_an_order(shop: Shop) -> None:
    fields = shop.fields("This is so cute! 💕")
    await shop.post(fields)
    end = await shop.end_of(identity(fields))
    assert (end["stage"], end["outcome"], end["reason"]) == ("intent", "dropped", "feedback")
    message = await shop.row("select * from chat_messages where id = $1", identity(fields))
    assert (message["nlp_intent"], message["message"]) == ("feedback", "This is so cute! 💕")
    assert not await shop.rows("select from orders where comment_id = $1", identity(fields))


async def test_a_signed_entry_in_the_stream_charges_the_saved_card(shop: Shop) -> None:
    fields = shop.fields(BUY)
    await shop.xadd(signed(fields, source=SOURCE, key=shop.house.secrets.source_key))
    order = await order_of(shop, fields)
    assert order["status"] == "paid"
    assert len(await shop.charges(order["order_number"])) == 1


@pytest.mark.parametrize("claim", [{}, {"source": "gateway"}, {"source": "gateway", "sig": "0" * 64}])
async def test_an_entry_without_a_good_signature_gets_a_pay_link(shop: Shop, claim: dict[str, str]) -> None:
    fields = shop.fields(BUY)
    await shop.xadd({**fields, **claim})
    order = await order_of(shop, fields)
    assert (order["status"], order["payment_id"]) == ("awaiting_payment", None)
    assert order["payment_url"].startswith(shop.house.sandbox_url)
    assert await shop.charges(order["order_number"]) == []
    message = await shop.row("select source, verified from chat_messages where id = $1", identity(fields))
    assert (message["source"], message["verified"]) == ("stream", False)


async def test_a_signature_covers_every_field(shop: Shop) -> None:
    fields = shop.fields(BUY)
    stolen = signed(fields, source=SOURCE, key=shop.house.secrets.source_key)
    for_another = {**stolen, "client": "jakeyyy", "client_id": "6359985598236384303"}
    await shop.xadd(for_another)
    assert (await order_of(shop, fields))["status"] == "awaiting_payment"


async def test_a_paid_link_confirms_the_order_once(shop: Shop) -> None:
    fields = shop.fields(BUY, PAULA)
    await shop.post(fields)
    waiting = await order_of(shop, fields)
    [link, _] = await shop.messages(waiting["order_number"])
    assert (link["to"], waiting["payment_url"] in link["body"]) == (f"whatsapp:{PAULA_PHONE}", True)

    await shop.pay(waiting["payment_url"])
    await confirmed(shop, waiting)
    order = await order_of(shop, fields)
    [charge] = await shop.charges(order["order_number"])
    assert (order["status"], order["payment_id"]) == ("paid", charge["payment_intent"])
    commission = await shop.row("select amount_minor from commissions where order_id = $1", order["id"])
    assert commission["amount_minor"] == 800
    confirmations = [
        each for each in await shop.messages(order["order_number"]) if "confirmed" in each["body"]
    ]
    assert [each["to"] for each in confirmations] == [f"whatsapp:{PAULA_PHONE}"]


@pytest.mark.parametrize("dead", ["keepers", "gateway"])
async def test_a_link_paid_while_nobody_listens_is_taken_up_later(shop: Shop, dead: str) -> None:
    fields = shop.fields(BUY, PAULA)
    await shop.post(fields)
    waiting = await order_of(shop, fields)
    shop.house.kill_process(dead)
    await shop.pay(waiting["payment_url"])
    shop.house.start_process(dead)
    await confirmed(shop, waiting)
    assert (await order_of(shop, fields))["status"] == "paid"
    assert len(await shop.charges(waiting["order_number"])) == 1


async def confirmed(shop: Shop, order: Row) -> None:
    """Wait until the buyer holds the confirmation."""

    async def sent() -> bool:
        query = (
            "select from payment_notifications "
            "where order_id = $1 and recipient = 'buyer' and kind = 'confirmed' and status = 'sent'"
        )
        return bool(await shop.rows(query, order["id"]))

    await until(sent, f"order {order['order_number']} is confirmed")


async def test_a_message_that_comes_twice_makes_one_order(shop: Shop) -> None:
    fields = shop.fields(BUY)
    assert (await shop.post(fields)).status_code == 200
    await shop.xadd(fields)  # not through the gateway, which would answer as it has before
    first, second = await shop.ends_of(identity(fields), 2)
    assert first.items() >= DONE.items()
    assert (second["stage"], second["outcome"], second["reason"]) == ("ingest", "dropped", "duplicate")
    [order] = await shop.rows("select order_number from orders where comment_id = $1", identity(fields))
    assert len(await shop.charges(order["order_number"])) == 1


async def test_a_buyer_without_a_card_or_phone_number_is_shown_on_the_console(shop: Shop) -> None:
    fields = shop.fields(BUY, STRANGER)
    await shop.post(fields)
    order = await order_of(shop, fields)
    assert order["status"] == "awaiting_payment"
    told = await shop.row(
        "select channel, status from payment_notifications where order_id = $1 and recipient = 'buyer'",
        order["id"],
    )
    assert (told["channel"], told["status"]) == ("console", "console")


async def test_a_buy_under_an_unknown_streamer_has_no_catalog(shop: Shop) -> None:
    fields = shop.fields(BUY, streamer="nobody.knows")
    await shop.post(fields)
    end = await shop.end_of(identity(fields))
    assert (end["stage"], end["outcome"], end["reason"]) == ("vision", "dropped", "no catalog")


async def test_a_buy_at_a_time_without_frames_matches_nothing(shop: Shop) -> None:
    fields = shop.fields(BUY, at=-3600)
    await shop.post(fields)
    end = await shop.end_of(identity(fields))
    assert (end["stage"], end["outcome"], end["reason"]) == ("vision", "dropped", "no frames")


def crowd(size: int) -> list[Viewer]:
    """As many viewers, none of whom has claimed before: a single one would reach the limit of what is unpaid."""
    return [Viewer(f"crowd.{number}", f"69000000000001{number:05}") for number in range(size)]


async def test_the_last_piece_is_sold_once(shop: Shop) -> None:
    stock = "select stock from products where streamer = 'maya.closet' and sku = 'BAG-05'"
    pieces = (await shop.row(stock))["stock"]
    wanted = [shop.fields("I want to buy this bag now!", someone, at=BAG_AT) for someone in crowd(pieces + 2)]
    for fields in wanted:
        await shop.post(fields)
    ends = [await shop.end_of(identity(fields)) for fields in wanted]
    assert sorted((end["stage"], end["outcome"], end["reason"]) for end in ends) == [
        *[("notify", "done", "")] * pieces,
        *[("order", "dropped", "sold out")] * 2,
    ]
    assert (await shop.row(stock))["stock"] == 0


async def test_the_commission_is_a_tenth_of_every_paid_order(shop: Shop) -> None:
    fields = shop.fields("2 of these jackets please, I'm buying!", EMMA)
    await shop.post(fields)
    order = await order_of(shop, fields)
    commission = await shop.row(
        "select net_paid_minor, amount_minor from commissions where order_id = $1", order["id"]
    )
    assert (order["quantity"], commission["net_paid_minor"]) == (2, 15998)
    assert commission["amount_minor"] == round(Decimal(15998) / 10)  # $16.00
