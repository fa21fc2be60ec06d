"""What would be judged otherwise today: the pure part of a shadow replay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from schemas.records import Comment
from stages.adapters.database.history import Stored

Change = Literal[
    "newly", "no_longer", "other_product", "intent", "nothing_stored", "frames_gone", "undecided"
]
ORDERS: tuple[Change, ...] = ("newly", "no_longer", "other_product")
"""The changes that change orders."""

NO_FRAMES = "no frames"
_CLAIM = "order"
"""The stage that only claims reach."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What intent and vision make of a comment as configured now. `end` is why it goes no further; '' where it would
    go on to `order` as a claim on the product. `undecided` says why no judgement came about."""

    intent: str | None = None
    score: float | None = None
    product_id: UUID | None = None
    product: str | None = None
    match_score: float | None = None
    end: str = ""
    undecided: str = ""

    @property
    def is_claim(self) -> bool:
        """Whether it would become an order, stock and age allowing."""
        return not (self.end or self.undecided)


@dataclass(frozen=True, slots=True)
class Difference:
    """A comment that is judged otherwise today, or can't be compared."""

    comment: Comment
    change: Change
    stored: Stored | None
    now: Judged

    def as_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        comment, stored, now = self.comment, self.stored, self.now
        return {
            "change": self.change,
            "comment_id": str(comment.comment_id),
            "seq": comment.seq,
            "streamer": comment.streamer,
            "client": comment.viewer.client,
            "message": comment.message,
            "stored": _stored_json(stored) if stored else None,
            "now": {
                "intent": now.intent,
                "score": _rounded(now.score),
                "product": now.product,
                "match_score": _rounded(now.match_score),
                "end": now.undecided or now.end or _CLAIM,
            },
        }


def changed(stored: Stored | None, now: Judged) -> Change | None:
    """How today's judgement differs from what is stored; None where it does not.

    What counts as an order is the claim: that a product was sold out, or a claim too old, is no judgement of these
    stages, so who was turned away at `order` had claimed.
    """
    if now.undecided:
        return "undecided"
    if stored is None or not _is_judged(stored):
        return "nothing_stored"
    # A cancellation ends at the same stage.
    ended_as_claim = stored.end_stage == _CLAIM and stored.intent == "buy"
    was = stored.order_number is not None or ended_as_claim
    if was and now.end == NO_FRAMES:
        return "frames_gone"
    if was != now.is_claim:
        return "newly" if now.is_claim else "no_longer"
    if was and _product_id(stored) != now.product_id:
        return "other_product"
    return "intent" if stored.intent is not None and stored.intent != now.intent else None


@dataclass(slots=True)
class Comparison:
    """A shadow replay's result: counts of all comments, and the differences one by one."""

    comments: int = 0
    unreadable: int = 0
    counts: Counter[Change] = field(default_factory=Counter)
    new_claims: int = 0
    """Claims among those of which nothing is stored."""
    differences: list[Difference] = field(default_factory=list)

    def add(self, comment: Comment, stored: Stored | None, now: Judged) -> None:
        """Take one comment in."""
        self.comments += 1
        change = changed(stored, now)
        if change is None:
            return
        self.counts[change] += 1
        if change == "nothing_stored":
            self.new_claims += now.is_claim
        self.differences.append(Difference(comment, change, stored, now))

    def in_words(self) -> str:
        """The counts in one sentence."""
        return ", ".join(self._clauses()) + "."

    def _clauses(self) -> Iterator[str]:
        counts = self.counts
        yield _counted(self.comments, "comment")
        yield f"{counts['newly']} would newly be {'an order' if counts['newly'] == 1 else 'orders'}"
        yield f"{counts['no_longer']} would no longer"
        if counts["other_product"]:
            yield f"{counts['other_product']} would be of another product"
        if counts["intent"]:
            yield f"{counts['intent']} would have another intent without that changing an order"
        if counts["nothing_stored"]:
            yield f"{counts['nothing_stored']} have no end stored yet ({self.new_claims} of them claims)"
        if counts["frames_gone"]:
            yield f"{counts['frames_gone']} can't be judged any more, as their frames are gone"
        if counts["undecided"]:
            yield f"{counts['undecided']} could not be judged now"
        if self.unreadable:
            yield f"{self.unreadable} unreadable"

    def as_json(self) -> dict[str, Any]:
        """Counts and rows, as `--json` prints them."""
        names: Sequence[Change] = (*ORDERS, "intent", "nothing_stored", "frames_gone", "undecided")
        return {
            "comments": self.comments,
            **{name: self.counts[name] for name in names},
            "new_claims": self.new_claims,
            "unreadable": self.unreadable,
            "rows": [difference.as_json() for difference in self.differences],
        }


def _is_judged(stored: Stored) -> bool:
    return stored.end_stage is not None or stored.order_number is not None


def _product_id(stored: Stored) -> UUID | None:
    return stored.ordered_id or stored.seen_id


def _stored_json(stored: Stored) -> dict[str, Any]:
    return {
        "intent": stored.intent,
        "score": _rounded(stored.score),
        "product": stored.ordered_name or stored.seen_name,
        "match_score": _rounded(stored.seen_score),
        "order_number": stored.order_number,
        "end": stored.end_reason or stored.end_stage,
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
