"""Prints a comment's whole chain, with times, from the comment to the message's sid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rich.table import Table

from pipeline.masking import masked, masked_words
from schemas.money import Money
from stages.adapters.database.trail import Chain, Trail
from stages.mendable import Mendable

_SEQ = re.compile(r"[0-9]{1,13}-[0-9]{1,7}")  # as the table has it


class NotTraced(Mendable):
    """Nothing is known under this name, or several comments are; the message says so, and lists them."""


async def find_chain(trail: Trail, name: str) -> Chain:
    """The chain of a comment's id, of an order number, of an entry's id in comments_stream, or of what the platform
    calls a message. Raises NotTraced."""
    comment_id = await trail.comment_of(name.upper()) if name.upper().startswith("ORD-") else _uuid(name)
    if comment_id and (chain := await trail.chain(comment_id)):
        return chain
    match await _namesakes(trail, name):
        case [only] if chain := await trail.chain(only["id"]):
            return chain
        case [_, *_] as several:
            lines = "\n".join(_namesake(each) for each in several)
            raise NotTraced(
                f"{name!r} may be one of these comments; name the one that is meant by its id.\n{lines}"
            )
    raise NotTraced(
        f"Nothing is known of {name!r}. Give a comment's id (a UUID) or an order number (ORD-YYYYMMDD-NNNNN), the id "
        "of its entry in comments_stream (1795388705057-0) or the platform's message_id. A comment is known once "
        "ingest has stored it."
    )


async def _namesakes(trail: Trail, name: str) -> list[dict[str, Any]]:
    return (await trail.came_as(name) if _SEQ.fullmatch(name) else []) or await trail.with_message_id(name)


def _namesake(row: dict[str, Any]) -> str:
    facts = (row["kind"], _time(row["sent_at"]), ascii(f"{row['streamer']} on {row['platform']}"))
    return "  ".join(("", str(row["id"]), *(facts if row["kind"] else ("never stored",))))


def as_table(chain: Chain) -> Table:
    """The chain as lines of time, step and facts."""
    table = Table("time (UTC)", "step", title="trace")
    table.add_column("what happened", overflow="fold")
    for when, step, what in _lines(chain):
        table.add_row(_time(when), step, masked(what))
    return table


def _lines(chain: Chain) -> Iterator[tuple[datetime | None, str, str]]:
    if comment := chain.comment:
        vouched = f"{comment['source']}, {'verified' if comment['verified'] else 'unverified'}"
        yield (
            comment["sent_at"],
            "comment",
            f"{comment['client']} to {comment['streamer']} ({comment['platform']}): {masked_words(comment['message'])}",
        )
        yield comment["received_at"], "stored", f"{comment['id']} as {comment['seq']}, from {vouched}"
        if comment["nlp_intent"]:
            yield (
                None,
                "intent",
                f"{comment['nlp_intent']} {comment['nlp_score']:.2f} ({comment['language']})",
            )
    if match := chain.match:
        yield (
            match["matched_at"],
            "match",
            f"{match['product_name']} {match['score']:.2f}, by {len(match['frames'])} frame(s)",
        )
    if order := chain.order:
        yield from _order_lines(order)
    for told in chain.notifications:
        fate = told["message_sid"] or told["error_code"] or ""
        yield (
            told["sent_at"] or told["created_at"],
            "message",
            f"{told['kind']} to {told['recipient']} by {told['channel']}: {told['status']} {fate}",
        )
    for end in chain.ends:
        yield from _end_lines(end)


def _order_lines(order: dict[str, Any]) -> Iterator[tuple[datetime | None, str, str]]:
    total = Money(amount_minor=order["amount_minor"], currency=order["currency"])
    yield (
        order["placed_at"],
        "order",
        f"{order['order_number']}: {order['quantity']} for {total}, now {order['status']}",
    )
    if order["payment_url"]:
        yield None, "pay link", order["payment_url"]
    if order["payment_id"]:
        yield order["paid_at"], "payment", order["payment_id"]
    if order["commission_minor"] is not None:
        commission = Money(amount_minor=order["commission_minor"], currency=order["currency"])
        yield order["paid_at"], "commission", str(commission)


def _end_lines(end: dict[str, Any]) -> Iterator[tuple[datetime | None, str, str]]:
    rejected_at = None
    for stage, received_ms, done_ms, facts in end["hops"]:
        if stage == rejected_at:
            yield datetime.fromtimestamp(received_ms / 1000, UTC), "redrive", f"sent back to {stage}"
        noted = ", ".join(f"{name} {value}" for name, value in facts.items())
        yield (
            datetime.fromtimestamp(done_ms / 1000, UTC),
            f"hop {stage}",
            f"{done_ms - received_ms} ms {noted}",
        )
        rejected_at = stage if "rejected" in facts else None
    yield end["ended_at"], "end", f"{end['outcome']} at {end['stage']} {end['reason']}"


def _time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] if moment else ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
