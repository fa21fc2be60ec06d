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
        # what viewers do to letters and digits
        ("s0ld 2 me", Slots(None, None, None)),
        ("air fryer 4 me pls", Slots(None, None, None)),
        ("m i n e", Slots(None, None, None)),
        ("s0ld!!1 th3 l4mp", Slots(None, None, None)),
        ("got my card out b4 you finished", Slots(None, None, None)),
        ("may I purchase one (1) mug", Slots(1, None, None)),
        # totals, measures, sizes that stand bare
        ("six candles please, three red and three blue", Slots(6, None, None)),
        ("quero 2 batons 1 vermelho 1 vinho", Slots(2, None, None)),
        ("make that 2 for me actually not 1", Slots(2, None, None)),
        ("ninety nine roses please", Slots(99, None, None)),
        ("taking the pressure cooker 5 litre", Slots(None, None, None)),
        ("taking it, the tan boots 38", Slots(None, "tan / 38", None)),
        ("one of each please", Slots(None, None, None)),
        ("another one please", Slots(1, None, None)),
        ("32B in beige pls", Slots(None, "beige / 32B", None)),
        ("not the red, I'll take the blue", Slots(None, "blue", None)),
        ("eu fico com a 38 do scarpin preto", Slots(None, "preto / 38", None)),
        ("ambil yang coklat tua", Slots(None, "coklat tua", None)),
        # every script
        ("세팩 보내주세요", Slots(3, None, None)),
        ("빨강 하나 주세요", Slots(1, "빨강", None)),
        ("ครึ่งโหลค่ะ", Slots(6, None, None)),
        ("C22 粉色 要俩", Slots(2, "粉色", "C22")),
        ("大白菜种子来5包", Slots(5, None, None)),
        ("白ひとつ！", Slots(1, "白", None)),
        ("mười cái nha", Slots(10, None, None)),
        ("ابي وحده لون بيج", Slots(1, "بيج", None)),
        ("१४ नंबर मेरा", Slots(None, None, "14")),
        ("आधा दर्जन दे दो", Slots(6, None, None)),
        ("lot 31 sold to me", Slots(None, None, "31")),
        ("claiming 9 and 10 ty", Slots(None, None, None)),
    ],
)
def test_a_claim_says_how_many_of_which(text: str, slots: Slots) -> None:
    assert parse_slots(text) == slots


@pytest.mark.parametrize(
    ("text", "variants", "codes", "slots"),
    [
        ("the walnut one please", ["Oak", "Walnut"], [], Slots(None, "Walnut", None)),
        ("2 in m blue", ["Blue / M", "Blue / L"], [], Slots(2, "Blue / M", None)),
        ("the blue one", ["Blue / M", "Blue / L"], [], Slots(None, "blue", None)),
        ("the pink one", ["Blue / M"], [], Slots(None, "pink", None)),
        ("mine a-12 x2", [], ["A12", "B3"], Slots(2, None, "A12")),
        ("mine z99", [], ["A12"], Slots(None, None, None)),
        ("luv9 please, 3 of it", [], ["LUV9"], Slots(3, None, "LUV9")),
        ("3 please", [], ["3", "4"], Slots(3, None, None)),
    ],
)
def test_a_catalog_decides_what_is_a_variant_or_a_code(
    text: str, variants: list[str], codes: list[str], slots: Slots
) -> None:
    assert parse_slots(text, variants, codes) == slots


@given(st.text(max_size=80))
def test_any_text_has_slots_within_bounds(text: str) -> None:
    slots = parse_slots(text)
    assert slots.quantity is None or 1 <= slots.quantity <= 999
    assert slots.code is None or slots.code == slots.code.upper()
