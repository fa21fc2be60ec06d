import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.slots import Slots, parse_slots


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        # claim codes
        ("sold 12 L", Slots(None, "L", "12")),
        ("A03+1", Slots(1, None, "A03")),
        ("D4 x2", Slots(2, None, "D4")),
        ("mine a001 3", Slots(3, None, "A001")),
        ("#22 please", Slots(None, None, "22")),
        ("F 22", Slots(None, None, "22")),
        ("sold 2xl navy", Slots(None, "navy / 2XL", None)),
        ("รหัส B5 รับ 2", Slots(2, None, "B5")),
        ("5番ください", Slots(None, None, "5")),
        ("رقم ٥ لي", Slots(None, None, "5")),
        ("A1 and B2 mine", Slots(None, None, None)),
        # quantities
        ("x3", Slots(3, None, None)),
        ("+2", Slots(2, None, None)),
        ("both please!", Slots(2, None, None)),
        ("a dozen eggs please", Slots(12, None, None)),
        ("two dozen please", Slots(24, None, None)),
        ("half a dozen please", Slots(6, None, None)),
        ("I'll take a red one", Slots(None, "red", None)),
        ("mine", Slots(None, None, None)),
        ("I'll take it for 40", Slots(None, None, None)),
        ("ok deal, 3 for 50", Slots(3, None, None)),
        ("I'll take it at $25", Slots(None, None, None)),
        ("1 red and 1 blue please", Slots(2, None, None)),
        ("quiero dos por favor", Slots(2, None, None)),
        ("vou levar três", Slots(3, None, None)),
        ("j'en prends deux", Slots(2, None, None)),
        ("für mich drei Stück", Slots(3, None, None)),
        ("aku ambil dua", Slots(2, None, None)),
        ("lấy cả hai", Slots(2, None, None)),
        ("chốt 1 áo size M", Slots(1, "M", None)),
        ("dalawa po", Slots(2, None, None)),
        ("เอาสามชิ้นค่ะ", Slots(3, None, None)),
        ("来三盒", Slots(3, None, None)),
        ("二つください", Slots(2, None, None)),
        ("두 개 주세요", Slots(2, None, None)),
        ("هاخد ٣", Slots(3, None, None)),
        ("दो पीस चाहिए, ऑर्डर कर दो", Slots(2, None, None)),
        ("ऑर्डर कर दो", Slots(None, None, None)),
        # variants
        ("2 in M blue pls", Slots(2, "blue / M", None)),
        ("can I get one in size 8?", Slots(1, "8", None)),
        ("mine size 7.5", Slots(None, "7.5", None)),
        ("Medium in olive please", Slots(None, "olive / M", None)),
        ("quiero el rojo talla 38", Slots(None, "rojo / 38", None)),
        ("keep kak 1 M", Slots(1, "M", None)),
        ("黒のLお願いします", Slots(None, "黒 / L", None)),
        ("cf ดำ M", Slots(None, "ดำ / M", None)),
        ("one in M and one in L", Slots(2, None, None)),
        ("j'en veux une", Slots(1, None, None)),
    ],
)
def test_a_claim_says_how_many_of_which(text: str, slots: Slots) -> None:
    assert parse_slots(text) == slots


@given(st.text(max_size=80))
def test_any_text_has_slots_within_bounds(text: str) -> None:
    slots = parse_slots(text)
    assert slots.quantity is None or 1 <= slots.quantity <= 999
    assert slots.code is None or slots.code == slots.code.upper()
