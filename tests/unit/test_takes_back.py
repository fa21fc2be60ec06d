"""Which complaints give up a claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stages.adapters.takes_back import takes_back

DATA = Path(__file__).parents[2] / "stages" / "training" / "data"

TAKEN_BACK = (
    "cancel", "pass", "I'll pass, sorry", "CANCEL MINE PLS", "c4nc3l my 0rd3r", "nvm",
    "take me off the list", "unclaim #12",
    "cancela el mío por favor", "ya no lo quiero", "desisti, tira o meu", "annulez svp", "je passe", "bitte stornieren",
    "batal kak", "gak jadi kak", "tak jadi la", "cancel po", "pakicancel po", "hủy giúp em đơn này", "huy don",
    "ยกเลิกค่ะ", "取消", "刚才那件不要了", "キャンセルでお願いします", "やっぱりパスで", "취소할게요", "패스요",
    "الغي طلبي", "कैंसल कीजिए", "order radd karo",
)  # fmt: skip
KEPT = (
    "no wait don't cancel", "why was my order cancelled?", "the shop cancelled it again", "how do I cancel my order?",
    "cancel one of my two bags", "me cancelaron el pedido", "foi cancelado sem aviso", "不要取消", "취소하지 마세요",
    "jangan dibatalkan", "it arrived broken", "where is my refund", "passport cover came torn", "dibatalkan sepihak",
    "this is past a joke", "please cancel my order from yesterday",
)  # fmt: skip


@pytest.mark.parametrize("text", TAKEN_BACK)
def test_who_cancels_gives_up_the_claim(text: str) -> None:
    assert takes_back(text)


@pytest.mark.parametrize("text", KEPT)
def test_who_complains_otherwise_keeps_it(text: str) -> None:
    assert not takes_back(text)


def test_of_comments_that_no_rule_was_written_for_most_cancellations_and_few_others_are_taken() -> None:
    rows = [
        json.loads(line)
        for name in ("test.jsonl", "test_other_author.jsonl")
        for line in (DATA / name).read_text(encoding="utf-8").splitlines()
    ]
    cancelled = [takes_back(row["text"]) for row in rows if row.get("hard") == "cancel"]
    assert len(cancelled) >= 20
    assert sum(cancelled) >= 0.8 * len(cancelled)
    others = [row for row in rows if row["intent"] == "complaint" and row.get("hard") not in (None, "cancel")]
    assert len(others) >= 20
    assert sum(takes_back(row["text"]) for row in others) <= 0.05 * len(others)
