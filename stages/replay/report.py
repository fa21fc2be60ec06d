"""What a replay came to, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from stages.adapters.database.history import Stored
from stages.replay.diff import ORDERS, Comparison, Judged

_SHOWN = 100
_WORDS = {
    "newly": "newly an order",
    "no_longer": "no longer an order",
    "other_product": "another product",
    "intent": "another intent",
    "nothing_stored": "no end stored yet",
    "frames_gone": "frames are gone",
    "undecided": "not judged",
}
_SUMMARY = {
    "read": "comments read",
    "skipped": "had their end before",
    "fed": "fed to the stages",
    "orders": "orders fed that stood still",
    "too_old": "too old to be ordered",
    "dead_lettered": "dead-lettered (see `tiktoksales dlq list`)",
    "unfinished": "lost on the way: replay again",
}


def summary_table(summary: Mapping[str, Any]) -> Table:
    """The sums of a plain replay."""
    table = Table(show_header=False, title="replay")
    if not summary["read"] + summary["orders"]:
        table.caption = "No comment of that time. Where Redis lost its streams, --from-database has them."
    for name, words in _SUMMARY.items():
        if name == "too_old":
            for outcome, count in summary["finished"].items():
                table.add_row(f"finished: {outcome}", str(count))
        if summary[name] or name in ("read", "skipped", "fed"):
            table.add_row(words, str(summary[name]))
    return table


def shadow_table(comparison: Comparison) -> RenderableType:
    """The differences, those that change orders first, and the counts in a sentence."""
    rank = {change: number for number, change in enumerate(_WORDS)}
    rows = sorted(comparison.differences, key=lambda difference: rank[difference.change])
    if not rows:
        return Text(comparison.in_words())
    table = Table("comment", "message", "what", "stored", "now")
    table.columns[0].no_wrap = True
    for row in rows[:_SHOWN]:
        table.add_row(
            str(row.comment.comment_id),
            Text(row.comment.message, overflow="ellipsis", no_wrap=True),
            _WORDS[row.change],
            Text(_stored(row.stored)),
            Text(_now(row.now)),
            style="bold" if row.change in ORDERS else None,
        )
    if len(rows) > _SHOWN:
        table.caption = f"the first {_SHOWN} of {len(rows)}; --json has them all"
    return Group(table, Text(comparison.in_words()))


def _stored(stored: Stored | None) -> str:
    if stored is None:
        return "-"
    parts = (
        _scored(stored.intent, stored.score),
        _scored(stored.ordered_name or stored.seen_name, stored.seen_score),
        stored.order_number or stored.end_reason or "",
    )
    return ", ".join(part for part in parts if part) or "-"


def _now(now: Judged) -> str:
    parts = (_scored(now.intent, now.score), _scored(now.product, now.match_score), now.undecided or now.end)
    return ", ".join(part for part in parts if part)


def _scored(name: str | None, score: float | None) -> str:
    if name is None:
        return ""
    return name if score is None else f"{name} {score:.2f}"
