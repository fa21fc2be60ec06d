"""The judge is judged: each thing that can go wrong is put into sound ledgers, and must be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from benchmarks.recovery.ledgers import Ledgers
from benchmarks.recovery.load import Load, PlannedComment, Product, draw
from benchmarks.recovery.poison import MARK
from benchmarks.recovery.reconciliation import Kind, reconcile, uncertain
from pipeline.dead_letter import DeadLetter
from pipeline.decision import derived_id
from pipeline.engines.redis.dead_letters import Listed

Row = dict[str, Any]
LOAD = draw(100, seed=3, partitions=2)


def letter(raw: Mapping[bytes, bytes]) -> Listed:
    dead = DeadLetter(
        stage="intent",
        stream="intent",
        partition=0,
        comment_id="",
        entry_id="1-1",
        reason="unreadable",
        error="UnreadableRecord",
        detail="",
        attempts=1,
        first_failed_ms=1,
        last_failed_ms=1,
        raw=raw,
    )
    return Listed("1-1", 0, dead)


def order_of(comment: PlannedComment, product: Product, number: int) -> Row:
    return {
        "id": derived_id(f"order/{comment.id}"),
        "order_number": f"ORD-20260101-{number:05d}",
        "comment_id": comment.id,
        "product_id": product.id,
        "quantity": comment.quantity,
        "amount_minor": product.price.amount_minor * comment.quantity,
        "currency": product.price.currency,
        "status": "paid",
        "payment_id": f"pi_{number}",
    }


def sound(load: Load) -> Ledgers:
    """The ledgers of a run in which everything went well, and every order was paid by a saved card."""
    left = {product.id: product.stock for product in load.products}
    orders: list[Row] = []
    ends: list[Row] = []
    for number, comment in enumerate(load.comments):
        reason = ""
        if comment.product and left[comment.product.id] >= comment.quantity:
            left[comment.product.id] -= comment.quantity
            orders.append(order_of(comment, comment.product, number))
        elif comment.product:
            reason = "sold out"
        ends.append({"comment_id": comment.id, "seq": f"{number}-1", "reason": reason})
    told = [
        {
            "order_id": order["id"],
            "order_number": order["order_number"],
            "recipient": recipient,
            "kind": "confirmed",
            "status": "sent",
            "message_sid": f"SM-{recipient}-{order['order_number']}",
            "body": f"{recipient} {order['order_number']}",
        }
        for order in orders
        for recipient in ("buyer", "streamer")
    ]
    return Ledgers(
        acknowledged=frozenset(comment.id for comment in load.comments),
        entries=[end["seq"] for end in ends],
        orders=orders,
        notifications=told,
        commissions=[
            {
                "order_id": order["id"],
                "amount_minor": int(order["amount_minor"] / 10 + 0.5),
                "currency": order["currency"],
            }
            for order in orders
        ],
        products=[{"id": product, "stock": stock} for product, stock in left.items()],
        ends=ends,
        comments=[],
        mapping=[{"comment_id": order["comment_id"], "order_id": order["id"]} for order in orders],
        charges=[
            {
                "order": order["order_number"],
                "payment_intent": order["payment_id"],
                "amount": order["amount_minor"],
                "currency": order["currency"].lower(),
            }
            for order in orders
        ],
        messages=[{"sid": row["message_sid"], "to": "+1555", "body": row["body"]} for row in told],
        dead=[letter({MARK: planted.mark}) for planted in load.poison],
    )


def first_changed(rows: Any, **changes: object) -> list[Row]:
    return [{**rows[0], **changes}, *rows[1:]]


def without_first_buy_end(ledgers: Ledgers) -> list[Row]:
    bought = ledgers.orders[0]["comment_id"]
    return [dict(end) for end in ledgers.ends if end["comment_id"] != bought]


def test_sound_ledgers_have_no_findings() -> None:
    ledgers = sound(LOAD)
    assert ledgers.orders
    assert reconcile(LOAD, ledgers) == []
    assert uncertain(ledgers) == 0


def faults() -> list[tuple[str, Kind, dict[str, Any]]]:
    good = sound(LOAD)
    stranger = {**good.orders[0], "id": uuid4(), "comment_id": uuid4(), "order_number": "ORD-20260101-99999"}
    return [
        ("a comment without an end", "lost", {"ends": without_first_buy_end(good)}),
        ("an entry without an end", "lost", {"entries": [*good.entries, "99-1"]}),
        ("a poison that is gone", "lost", {"dead": good.dead[1:]}),
        ("a sound entry that is dead", "lost", {"dead": [*good.dead, letter({b"id": b"x"})]}),
        ("a buy without an order", "lost", {"orders": good.orders[1:]}),
        ("an order without a mapping", "lost", {"mapping": good.mapping[1:]}),
        ("an order of nobody's comment", "double_orders", {"orders": [*good.orders, stranger]}),
        ("a second order of a comment", "double_orders", {"orders": [*good.orders, good.orders[0]]}),
        ("stock that went nowhere", "lost", {"products": first_changed(good.products, stock=1)}),
        ("a paid order without a charge", "lost", {"charges": good.charges[1:]}),
        ("a wrong amount", "lost", {"charges": first_changed(good.charges, amount=1)}),
        ("a second charge", "double_charges", {"charges": [*good.charges, good.charges[0]]}),
        ("a charge for no order", "double_charges", {"charges": [*good.charges, {"order": "ORD-1"}]}),
        ("a charge for an unpaid order", "lost", {"orders": first_changed(good.orders, status="cancelled")}),
        ("an order that stands still", "lost", {"orders": first_changed(good.orders, status="placed")}),
        ("no commission", "lost", {"commissions": good.commissions[1:]}),
        ("a wrong commission", "lost", {"commissions": first_changed(good.commissions, amount_minor=1)}),
        ("a buyer who was not told", "lost", {"notifications": good.notifications[1:]}),
        (
            "a message left open",
            "lost",
            {"notifications": first_changed(good.notifications, status="claimed")},
        ),
        ("a message that came twice", "double_messages", {"messages": [*good.messages, good.messages[0]]}),
        ("a message that never went", "lost", {"messages": good.messages[1:]}),
        (
            "a message nobody asked for",
            "double_messages",
            {"messages": [*good.messages, {"sid": "SM", "to": "+1", "body": "hi"}]},
        ),
        ("an entry left in a stream", "lost", {"left_over": {"notify:{0}": 1}}),
    ]


@pytest.mark.parametrize(("what", "kind", "changes"), faults(), ids=lambda given: str(given)[:40])
def test_a_fault_is_found(what: str, kind: Kind, changes: dict[str, Any]) -> None:
    findings = reconcile(LOAD, replace(sound(LOAD), **changes))
    assert kind in {finding.kind for finding in findings}, what


def test_an_uncertain_message_is_counted_apart() -> None:
    ledgers = sound(LOAD)
    first = ledgers.notifications[0]
    taken = [message for message in ledgers.messages if message["sid"] != first["message_sid"]]
    for messages in (taken, ledgers.messages):
        open_one = replace(
            ledgers,
            messages=messages,
            notifications=first_changed(ledgers.notifications, status="uncertain", message_sid=None),
        )
        assert reconcile(LOAD, open_one) == []
        assert uncertain(open_one) == 1


def test_a_buyer_who_was_sent_away_in_spite_of_stock_is_found() -> None:
    ledgers = sound(LOAD)
    order = ledgers.orders[0]
    comment: UUID = order["comment_id"]
    told = [row for row in ledgers.notifications if row["order_id"] != order["id"]]
    sids = {row["message_sid"] for row in told}
    away = replace(
        ledgers,
        orders=ledgers.orders[1:],
        mapping=ledgers.mapping[1:],
        charges=ledgers.charges[1:],
        commissions=ledgers.commissions[1:],
        notifications=told,
        messages=[message for message in ledgers.messages if message["sid"] in sids],
        products=[
            {**row, "stock": row["stock"] + order["quantity"]} if row["id"] == order["product_id"] else row
            for row in ledgers.products
        ],
        ends=[{**end, "reason": "sold out"} if end["comment_id"] == comment else end for end in ledgers.ends],
    )
    [finding] = reconcile(LOAD, away)
    assert (finding.kind, "for nothing" in finding.what) == ("lost", True)


def test_after_a_power_cut_only_what_the_database_knew_counts() -> None:
    ledgers = sound(LOAD)
    first = next(order for order in ledgers.orders)
    link = {**ledgers.notifications[0], "order_id": first["id"], "kind": "pay_link", "status": "claimed"}
    unknown = ledgers.ends[-1]["comment_id"]
    cut = replace(
        ledgers,
        comments=[{"id": end["comment_id"]} for end in ledgers.ends[:-1]],
        notifications=[*ledgers.notifications, link],
    ).as_the_database_knows()
    assert ledgers.acknowledged - cut.acknowledged == {unknown}
    assert cut.notifications == ledgers.notifications
    assert LOAD.without_poison_but({b"0"}).poison == [one for one in LOAD.poison if one.mark == b"0"]
