"""What a replay came to, as people read it."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from stages.replay.diff import Comparison
from stages.replay.report import shadow_table, summary_table
from tests.unit.test_replay_diff import CLAIM, FEEDBACK, ORDERED, comment

SUMMARY = {
    "read": 9, "skipped": 4, "fed": 5, "orders": 1, "finished": {"done": 2, "dropped": 4}, "too_old": 3,
    "dead_lettered": 0, "unfinished": 0,
}  # fmt: skip


def printed(what: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_summary_has_a_line_for_each_sum_that_is_not_nothing() -> None:
    text = printed(summary_table(SUMMARY))
    for words in ("comments read", "finished: dropped", "too old to be ordered", "stood still"):
        assert words in text
    assert "dead-lettered" not in text
    assert "--from-database" not in text


def test_an_empty_history_says_where_else_there_may_be_one() -> None:
    assert "--from-database" in printed(summary_table({**SUMMARY, "read": 0, "orders": 0}))


def test_the_differences_that_change_orders_come_first() -> None:
    comparison = Comparison()
    comparison.add(comment(1), None, CLAIM)
    comparison.add(comment(2), FEEDBACK, CLAIM)
    text = printed(shadow_table(comparison))
    assert text.index("newly an order") < text.index("no end stored yet")
    assert "feedback 0.90" in text
    assert text.rstrip().endswith("1 have no end stored yet (1 of them claims).")


def test_without_differences_the_sentence_stands_alone() -> None:
    comparison = Comparison()
    comparison.add(comment(1), ORDERED, CLAIM)
    assert printed(shadow_table(comparison)) == "1 comment, 0 would newly be orders, 0 would no longer.\n"


def test_a_message_is_no_markup() -> None:
    comparison = Comparison()
    odd = comment(1).model_copy(update={"message": "[red]mine[/red] [/]"})
    comparison.add(odd, FEEDBACK, CLAIM)
    assert "[red]mine[/red] [/]" in printed(shadow_table(comparison))
