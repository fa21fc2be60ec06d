"""What became of one comment, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from stages.adapters.database.trail import Chain, read_chain
from stages.console.backstage import Backstage
from stages.console.views.amounts import shown


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened. `took_ms` is the time in the stage's hands, None where it isn't known."""

    name: str
    words: str
    at: datetime | None
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ChainView:
    """The steps in the order in which they happened, those without a time where they belong. `ended` is what
    became of it, None while it is on its way; `seconds` is how long it took from the stream to the end."""

    comment_id: UUID
    client: str
    platform: str
    message: str
    source: str
    verified: bool
    seq: str
    steps: tuple[Step, ...]
    ended: str | None
    seconds: float | None


async def chain_view(backstage: Backstage, streamer: str, comment_id: UUID) -> ChainView | None:
    """The chain of a streamer's comment; None where it is unknown, or another streamer's."""
    async with backstage.reading(streamer) as connection:
        chain = await read_chain(connection, comment_id)
    if chain is None or chain.comment is None:
        return None
    comment, end = chain.comment, chain.ends[-1] if chain.ends else None
    return ChainView(
        comment_id=comment["id"],
        client=comment["client"],
        platform=comment["platform"],
        message=comment["message"],
        source=comment["source"],
        verified=comment["verified"],
        seq=comment["seq"],
        steps=tuple(_steps(chain, comment)),
        ended=_outcome(chain, end) if end else None,
        seconds=round((end["ended_at"] - _entered(comment)).total_seconds(), 2) if end else None,
    )


def _steps(chain: Chain, comment: dict[str, Any]) -> Iterator[Step]:
    took = _times(chain)
    yield Step("Written", f"by {comment['client']} on {comment['platform']}", comment["sent_at"])
    yield Step("Came in", f"by {comment['source']}", _entered(comment))
    at, ms = took.get("ingest", (comment["received_at"], None))
    yield Step("Stored", "in the database", at, ms)
    if comment["nlp_intent"]:
        at, ms = took.get("intent", (None, None))
        yield Step(
            "Intent", f"{comment['nlp_intent']}, {comment['nlp_score']:.0%} sure{_slots(comment)}", at, ms
        )
    if match := chain.match:
        at, ms = took.get("vision", (match["matched_at"], None))
        frames = len(match["frames"])
        seen = f", seen in {frames} frame{'s' if frames != 1 else ''}" if frames else ""
        yield Step("Product", f"{match['product_name']}, {match['score']:.0%} sure{seen}", at, ms)
    if order := chain.order:
        yield from _order_steps(order, took)
    for told in chain.notifications:
        yield _message(told)
    for end in chain.ends:
        yield Step("End", f"{_ending(end)} at {end['stage']}", end["ended_at"])


def _slots(comment: dict[str, Any]) -> str:
    said = [
        f"{comment['quantity']} pieces" if (comment["quantity"] or 1) > 1 else None,
        comment["variant"],
        f"code {comment['code']}" if comment["code"] else None,
    ]
    return "".join(f", {each}" for each in said if each)


def _order_steps(order: dict[str, Any], took: dict[str, tuple[datetime, int]]) -> Iterator[Step]:
    total = shown(order["amount_minor"], order["currency"])
    _, ms = took.get("order", (None, None))
    pieces = f"{order['quantity']} pieces" if order["quantity"] > 1 else "one piece"
    yield Step("Order", f"{order['order_number']}: {pieces} for {total}", order["placed_at"], ms)
    at, ms = took.get("payment", (None, None))
    if order["paid_at"]:
        yield Step("Paid", order["payment_id"] or "", order["paid_at"], ms)
    elif order["payment_url"]:
        yield Step("Pay link", f"the order is {order['status'].replace('_', ' ')}", at, ms)
    if order["status"] in ("failed", "cancelled", "refunded"):
        yield Step("Now", order["status"], None)
    if order["commission_minor"] is not None:
        yield Step("Commission", shown(order["commission_minor"], order["currency"]), order["paid_at"])


def _message(told: dict[str, Any]) -> Step:
    fate = f", {told['error_code']}" if told["error_code"] else ""
    kind = told["kind"].replace("_", " ")
    words = f"to the {told['recipient']} by {told['channel']}: {kind}, {told['status']}{fate}"
    return Step("Message", words, told["sent_at"] or told["created_at"])


def _times(chain: Chain) -> dict[str, tuple[datetime, int]]:
    """When each stage was done with it, and how long it had it in hand; of its last run where it has several."""
    return {
        stage: (datetime.fromtimestamp(done_ms / 1000, UTC), done_ms - received_ms)
        for end in chain.ends
        for stage, received_ms, done_ms, _ in end["hops"]
    }


def _entered(comment: dict[str, Any]) -> datetime:
    """When Redis took it: the first half of its entry's id."""
    return datetime.fromtimestamp(int(comment["seq"].partition("-")[0]) / 1000, UTC)


def _outcome(chain: Chain, end: dict[str, Any]) -> str:
    """In a word or two: what became of its order, or where it ended without one."""
    return chain.order["status"].replace("_", " ") if chain.order else _ending(end)


def _ending(end: dict[str, Any]) -> str:
    return str(end["reason"] or end["outcome"])
