"""What each parameter of each statement is given: something that is there, and ordinary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4

BATCH = 64
_COMPARED = re.compile(
    r"(\w+)\s*(?:<>|<=|>=|=|<|>)\s*(?:(?:any|all)\(|lower\(|coalesce\()?\$(\d+)", re.IGNORECASE
)
_INSERTED = re.compile(r"insert into \w+(?: as \w+)? \(([^)]*)\)\s*values \(([^)]*)\)", re.IGNORECASE)
_UNNESTED = re.compile(r"unnest\(([^)]*)\)\s*(?:with ordinality )?as \w+ \(([^)]*)\)", re.IGNORECASE)
_ORDERS = ("orders", "payments", "holds", "payouts", "refunds", "webhooks", "ledger")
_BUYERS = ("buyers", "stock", "consents", "onboardings", "sealing")
_OF_BUYERS = ("erase", "unfinished", "orders", "waitlist", "consents")


def made(kind: str, number: int) -> UUID:
    """As fill.sql makes ids."""
    return UUID(md5(f"{kind}{number}".encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True)
class Sample:
    """A comment that became an order, number `number` of those that fill.sql makes; asked for under `streamer`."""

    number: int
    came_ms: int
    buyers: int
    streamer: str

    @property
    def viewer(self) -> int:
        """The number of its buyer."""
        return (self.number * 7919) % self.buyers

    @property
    def rank(self) -> int:
        """Its seq_rank."""
        return self.came_ms << 20

    def texts(self) -> Mapping[str, str]:
        """By the column that a parameter is compared with, or put into."""
        order = made("order", self.number)
        return {
            "streamer": self.streamer, "handle": f"viewer_{self.viewer}", "client": f"viewer_{self.viewer}",
            "client_id": str(self.viewer), "platform": "tiktok", "seq": f"{self.came_ms}-0", "currency": "USD",
            "order_number": f"ORD-20260101-{self.number:010}", "sku": "SKU-1", "code": "A1", "key": f"charge:{order}",
            "payment_id": f"pi_{self.number}", "checkout_session": f"cs_{self.number}", "provider_id": f"re_{order}",
            "event_id": f"evt_{self.number}", "recipient": "buyer", "kind": "confirmed", "channel": "sms",
            "status": "placed", "stage": "notify", "outcome": "done", "intent": "buy", "nlp_intent": "buy",
            "message_sid": "SM" + md5(f"buyer{order}".encode(), usedforsecurity=False).hexdigest(), "message": "mine",
            "frame_urls": "[]", "frames": "[]", "hops": "[]", "parameters": "{}", "record": "{}", "source": "gateway",
            "url": "https://shop.example/0", "type": "charge",
        }  # fmt: skip


def values_of(name: str, text: str, types: list[str], sample: Sample) -> list[Any]:
    """The parameters of a statement, whose types are given in order."""
    columns = _columns(text)
    special = _special(sample).get(name, {})
    return [
        special[number] if number in special else _value(name, columns.get(number, ""), kind, sample)
        for number, kind in enumerate(types, start=1)
    ]


def _columns(text: str) -> dict[int, str]:
    """Which column each parameter belongs to, as far as the text tells."""
    found = {int(number): column.lower() for column, number in _COMPARED.findall(text)}
    for pattern, names_first in ((_INSERTED, True), (_UNNESTED, False)):
        for one, other in pattern.findall(text):
            names, values = (one, other) if names_first else (other, one)
            for column, value in zip(names.split(","), values.split(","), strict=False):
                if number := re.search(r"\$(\d+)", value):
                    found[int(number[1])] = column.strip().lower()
    return found


def _value(name: str, column: str, kind: str, sample: Sample) -> Any:
    if kind.endswith("[]"):
        return [_value(name, column, kind[:-2], sample) for _ in range(BATCH if kind != "text[]" else 1)]
    match kind:
        case "uuid":
            return _uuid(name, column, sample)
        case "text" | "varchar" | "bpchar" | "name":
            if column == "handle" and not name.startswith(("buyers", "forgetting", "wholesale")):
                return sample.streamer
            return sample.texts().get(column, "words")
        case "timestamptz":
            return datetime.now(UTC) - timedelta(days=1)
        case "date":
            return datetime.now(UTC).date()
        case "bool":
            return True
        case "jsonb" | "json":
            return {}
        case "bytea":
            return b"bytes"
        case "int8" | "int4" | "int2":
            return sample.rank if column == "seq_rank" else 100
        case _:
            return 1


def _uuid(name: str, column: str, sample: Sample) -> UUID:
    folder = name.partition("/")[0]
    if "product" in column:
        return made("product", sample.number % 10_000)
    if "variant" in column:
        return made("variant", sample.number % 30_000)
    if "buyer" in column or (folder in _BUYERS and column in ("id", "")):
        return made("buyer", sample.viewer)
    if "order" in column or "subject" in column or (folder in _ORDERS and column == "id"):
        return made("order", sample.number)
    if "record" in column:
        return uuid4()
    return made("comment", sample.number)


def _special(sample: Sample) -> Mapping[str, Mapping[int, Any]]:
    """Where neither column nor type tells what is asked for."""
    hour, day = (3_600_000 << 20), (24 * 3_600_000 << 20)
    a_day = {1: sample.rank - day, 2: sample.rank}
    long_ago, no_id = datetime.now(UTC) - timedelta(days=30), UUID(int=0)
    return {
        "audit/came": {1: sample.rank - day, 2: no_id, 3: sample.rank, 4: 5000},
        "claims/newest": {3: sample.rank, 5: ["placed", "awaiting_payment"], 6: None},
        "claims/retract_coming": {2: str(sample.viewer), 5: sample.rank - hour, 6: sample.rank, 9: None},
        "feedback/corrections": {1: long_ago, 2: long_ago, 3: no_id, 4: 500},
        "feedback/decisions": {1: long_ago, 2: long_ago, 3: no_id, 4: 500},
        **{f"forgetting/{each}": {1: [made("buyer", sample.viewer)]} for each in _OF_BUYERS},
        "forgetting/messages": {1: [made("buyer", sample.viewer)], 2: [made("order", sample.number)]},
        "forgetting/comment_ids": {2: [str(sample.viewer)]},
        "forgetting/comments": {2: [str(sample.viewer)]},
        "forgetting/buyers": {2: [str(sample.viewer)]},
        "forgetting/deliveries": {1: [str(made("order", sample.number))]},
        "forgetting/recipients": {1: [f"buyer/{made('buyer', sample.viewer)}"]},
        "forgetting/ended": {1: [f"{sample.came_ms}-0"] * BATCH},
        "history/bounds": a_day,
        "history/comments": {**a_day, 4: False, 5: 500},
        "history/count_ended": a_day,
        "history/unfinished_orders": {**a_day, 4: "confirmed", 5: "pay_link", 6: 500},
        "order_book/orders": {2: None, 3: None, 4: None},
        "review_decisions/listed": {2: "open"},
        "sealing/buyers": {1: no_id},
        "webhooks/deliveries": {1: "dead"},
        "webhooks/take": {4: 10, 5: []},
    }
