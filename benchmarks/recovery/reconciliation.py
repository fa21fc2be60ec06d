"""Compares the ledgers with each other and with what was sent. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from benchmarks.recovery.ledgers import Ledgers, Row
from benchmarks.recovery.load import Load, PlannedComment
from benchmarks.recovery.poison import MARK
from schemas.money import Money

Kind = Literal["lost", "double_orders", "double_charges", "double_messages"]
_TAKEN = ("sent", "delivered", "read")
_SETTLED = (*_TAKEN, "undeliverable", "console")
_COMMISSION_BASIS_POINTS = 1_000  # the default of the streamers' table


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    kind: Kind
    what: str


def reconcile(load: Load, ledgers: Ledgers) -> list[Finding]:
    """Everything that is not as it must be."""
    bought = {c.id: c for c in load.comments if c.product and c.id in ledgers.acknowledged}
    return [
        *_ends(load, ledgers),
        *_dead_letters(load, ledgers),
        *_orders(bought, ledgers),
        *_stock(load, bought, ledgers),
        *_charges(ledgers),
        *_commissions(ledgers),
        *_notifications(ledgers),
        *_messages(ledgers),
        *(Finding("lost", f"{count} left in {place}") for place, count in ledgers.left_over.items()),
    ]


def uncertain(ledgers: Ledgers) -> int:
    """Messages that nobody can tell the fate of; the console shows them."""
    return sum(row["status"] == "uncertain" for row in ledgers.notifications)


def marks_found(ledgers: Ledgers) -> set[bytes]:
    """The planted poison that is among the dead letters."""
    return {letter.letter.raw[MARK] for letter in ledgers.dead if MARK in letter.letter.raw}


def _ends(load: Load, ledgers: Ledgers) -> Iterator[Finding]:
    """Every acknowledged comment and every entry of the public stream has an end."""
    ended = {row["comment_id"] for row in ledgers.ends if row["reason"] != "duplicate"}
    ended_seqs = {row["seq"] for row in ledgers.ends}
    stored = {row["id"]: row["nlp_intent"] for row in ledgers.comments}
    for comment in load.comments:
        if comment.id in ledgers.acknowledged and comment.id not in ended:
            came = f"stored, intent {stored[comment.id]}" if comment.id in stored else "never stored"
            yield Finding("lost", f"comment {comment.id} ({comment.fields['message_id']}) has no end: {came}")
    for entry_id in ledgers.entries:
        if entry_id not in ended_seqs:
            yield Finding("lost", f"entry {entry_id} of the public stream has no end")


def _dead_letters(load: Load, ledgers: Ledgers) -> Iterator[Finding]:
    """Every poison is there, and nothing else."""
    found = marks_found(ledgers)
    for planted in load.poison:
        if planted.mark not in found:
            yield Finding("lost", f"poison {planted.mark!r} of {planted.stream} is not in the dead letters")
    for listed in ledgers.dead:
        if MARK not in listed.letter.raw:
            letter = listed.letter
            yield Finding("lost", f"a sound entry is dead: {letter.stage}, {letter.error}: {letter.reason}")


def _orders(bought: dict[UUID, PlannedComment], ledgers: Ledgers) -> Iterator[Finding]:
    """One order for each buy, but where the product was sold out; and no other."""
    orders = Counter(row["comment_id"] for row in ledgers.orders)
    sold_out = {row["comment_id"] for row in ledgers.ends if row["reason"] == "sold out"}
    for comment_id, comment in bought.items():
        if not orders[comment_id] and comment_id not in sold_out:
            yield Finding("lost", f"buy {comment_id} ({comment.fields['message_id']}) has no order")
        if orders[comment_id] and comment_id in sold_out:
            yield Finding("double_orders", f"buy {comment_id} has an order, and was told that it is sold out")
    for comment_id, count in orders.items():
        expected = 1 if comment_id in bought else 0
        if count > expected:
            yield Finding("double_orders", f"comment {comment_id} has {count} orders instead of {expected}")
    mapped = {(row["comment_id"], row["order_id"]) for row in ledgers.mapping}
    if mapped != {(row["comment_id"], row["id"]) for row in ledgers.orders}:
        yield Finding("lost", "the mapping of comments to orders is not that of the orders")


def _stock(load: Load, bought: dict[UUID, PlannedComment], ledgers: Ledgers) -> Iterator[Finding]:
    """What is gone was sold, and nobody was sent away while there was enough."""
    sold: Counter[UUID] = Counter()
    for row in ledgers.orders:
        sold[row["product_id"]] += row["quantity"]
    wanted: Counter[UUID] = Counter()
    for comment in bought.values():
        if comment.product:
            wanted[comment.product.id] += comment.quantity
    left = {row["id"]: row["stock"] for row in ledgers.products}
    for product in load.products:
        if product.stock - sold[product.id] != left[product.id]:
            yield Finding(
                "lost",
                f"{product.streamer} {product.sku}: {product.stock} less {sold[product.id]} sold is not "
                f"{left[product.id]}",
            )
        if sold[product.id] < min(wanted[product.id], product.stock):
            yield Finding("lost", f"{product.streamer} {product.sku}: a buyer was sent away for nothing")


def _charges(ledgers: Ledgers) -> Iterator[Finding]:
    """One charge of the right amount for each paid order, none for any other."""
    charges = defaultdict(list)
    for charge in ledgers.charges:
        charges[charge["order"]].append(charge)
    for order in ledgers.orders:
        number = order["order_number"]
        mine: Sequence[Row] = charges.pop(number, [])
        if len(mine) > 1:
            yield Finding("double_charges", f"order {number} was charged {len(mine)} times")
        if order["status"] == "placed":
            yield Finding("lost", f"order {number} was never brought to its payment")
        if order["status"] == "paid":
            facts = {(c["payment_intent"], c["amount"], c["currency"].upper()) for c in mine}
            if (order["payment_id"], order["amount_minor"], order["currency"]) not in facts:
                yield Finding("lost", f"order {number} is paid, and the provider has no such charge: {facts}")
        elif mine:
            yield Finding("lost", f"order {number} is {order['status']}, but was charged")
    for number in charges:
        yield Finding("double_charges", f"a charge for {number}, which is no order")


def _commissions(ledgers: Ledgers) -> Iterator[Finding]:
    """One for each paid order."""
    accrued = {row["order_id"]: (row["amount_minor"], row["currency"]) for row in ledgers.commissions}
    for order in ledgers.orders:
        if order["status"] == "paid":
            total = Money(amount_minor=order["amount_minor"], currency=order["currency"])
            share = total.share(_COMMISSION_BASIS_POINTS)
            if accrued.pop(order["id"], None) != (share.amount_minor, share.currency):
                yield Finding("lost", f"order {order['order_number']} has not the commission of {share}")
    for order_id in accrued:
        yield Finding("lost", f"a commission for order {order_id}, which is not paid")


def _notifications(ledgers: Ledgers) -> Iterator[Finding]:
    """Both were told what the order came to; what nobody can know is `uncertain`, and counted apart."""
    told: dict[tuple[Any, str, str], str] = {
        (row["order_id"], row["recipient"], row["kind"]): row["status"] for row in ledgers.notifications
    }
    for order in ledgers.orders:
        kind = {"paid": "confirmed", "awaiting_payment": "pay_link"}.get(order["status"])
        for recipient in ("buyer", "streamer") if kind else ():
            if (order["id"], recipient, kind) not in told:
                yield Finding("lost", f"order {order['order_number']}: the {recipient} was not told ({kind})")
    for row in ledgers.notifications:
        if row["status"] not in (*_SETTLED, "uncertain"):
            yield Finding(
                "lost", f"order {row['order_number']}: a message to the {row['recipient']} is {row['status']}"
            )


def _messages(ledgers: Ledgers) -> Iterator[Finding]:
    """Each that the provider took was wanted once, and each that counts as sent was taken."""
    taken = Counter(
        (message["to"].removeprefix("whatsapp:"), message["body"]) for message in ledgers.messages
    )
    # News that name no order may read alike: as often as they were wanted.
    wanted = Counter(row["body"] for row in ledgers.notifications if row["order_id"] is None)
    for (to, body), count in taken.items():
        if count > max(1, wanted[body]):
            yield Finding("double_messages", f"{to} got {count} times: {body}")
    sids = {message["sid"] for message in ledgers.messages}
    known = {row["message_sid"] for row in ledgers.notifications if row["status"] in _TAKEN}
    for sid in known - sids:
        yield Finding("lost", f"message {sid} counts as sent, but the provider never took it")
    open_bodies = {row["body"] for row in ledgers.notifications if row["status"] not in _TAKEN}
    for message in ledgers.messages:
        if message["sid"] not in known and message["body"] not in open_bodies:
            yield Finding("double_messages", f"{message['sid']} was never asked for: {message['body']}")
