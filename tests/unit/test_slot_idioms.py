"""How viewers of fourteen languages say how many of which: written apart from the rules and from the data."""

import pytest

from stages.adapters.slot_numbers import composed, with_digits
from stages.adapters.slots import Slots, parse_slots


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        # en
        ("put me down for two, size L", Slots(2, "L", None)),
        ("i'll grab three of those", Slots(3, None, None)),
        ("B14 mine", Slots(None, None, "B14")),
        ("can i have a pair in size 9 please", Slots(None, "9", None)),
        ("claim #5 x3", Slots(3, None, "5")),
        ("gimme 4 in xl black", Slots(4, "black / XL", None)),
        ("one more of the green ones pls", Slots(1, "green", None)),
        ("both sizes please, M and L", Slots(2, None, None)),
        ("need it in 2xl", Slots(None, "2XL", None)),
        ("C7 + 2", Slots(2, None, "C7")),
        ("order 10 for my team", Slots(10, None, None)),
        ("I'm in for half a dozen", Slots(6, None, None)),
        ("take my $40, the grey one size 12", Slots(None, "grey / 12", None)),
        # es
        ("ponme cuatro en negro", Slots(4, "negro", None)),
        ("apártame el azul talla M", Slots(None, "azul / M", None)),
        ("me llevo media docena", Slots(6, None, None)),
        ("código 15 para mí", Slots(None, None, "15")),
        ("quiero 3 pares talla 40", Slots(3, "40", None)),
        ("yo quiero una en rojo", Slots(1, "rojo", None)),
        # pt
        ("separa cinco pra mim", Slots(5, None, None)),
        ("quero o preto tamanho G", Slots(None, "preto / G", None)),
        ("manda dois M azul", Slots(2, "azul / M", None)),
        ("cód 33 é meu", Slots(None, None, "33")),
        # fr
        ("mettez-m'en quatre", Slots(4, None, None)),
        ("je prends la rouge en taille 38", Slots(None, "rouge / 38", None)),
        ("réf 21 pour moi", Slots(None, None, "21")),
        ("deux paires svp", Slots(2, None, None)),
        # de
        ("ich nehme vier Stück in Größe 42", Slots(4, "42", None)),
        ("zwei schwarze bitte", Slots(2, "schwarze", None)),
        ("Nummer 8 für mich", Slots(None, None, "8")),
        ("bitte ein Dutzend", Slots(12, None, None)),
        # id
        ("ambil empat ya kak warna hitam", Slots(4, "hitam", None)),
        ("kode 12 ukuran XL", Slots(None, "XL", "12")),
        ("pesan selusin kak", Slots(12, None, None)),
        ("mau yang merah 2 pcs", Slots(2, "merah", None)),
        # vi
        ("chốt 3 cái màu đen", Slots(3, "đen", None)),
        ("lấy em hai hộp", Slots(2, None, None)),
        ("mã 25 size L nha", Slots(None, "L", "25")),
        ("cho chị năm chai", Slots(5, None, None)),
        # th
        ("รับสี่ชิ้นค่ะ", Slots(4, None, None)),
        ("เอาสีแดง ๒ ตัว", Slots(2, "แดง", None)),
        ("CF 9 ไซส์ M", Slots(None, "M", "9")),
        ("รหัส C3 เอาห้าอัน", Slots(5, None, "C3")),
        # tl
        ("apat po sa akin", Slots(4, None, None)),
        ("mine po yung itim, large", Slots(None, "itim / L", None)),
        ("pa-reserve ng tatlong piraso", Slots(3, None, None)),
        # zh
        ("我要四件黑色的", Slots(4, "黑色", None)),
        ("来七瓶", Slots(7, None, None)),
        ("拍下了 要两双 38码", Slots(2, "38", None)),
        ("12号 我要", Slots(None, None, "12")),
        ("十盒谢谢", Slots(10, None, None)),
        # ja
        ("三枚お願いします", Slots(3, None, None)),
        ("黒を四つください", Slots(4, "黒", None)),
        ("8番Mサイズで", Slots(None, "M", "8")),
        ("２個買います", Slots(2, None, None)),
        # ko
        ("세 개 살게요", Slots(3, None, None)),
        ("검정색 다섯 장 주세요", Slots(5, "검정색", None)),
        ("7번 저요", Slots(None, None, "7")),
        ("여섯 병 주문할게요", Slots(6, None, None)),
        # ar
        ("بدي أربعة لو سمحت", Slots(4, None, None)),
        ("احجزلي ٥ قطع", Slots(5, None, None)),
        ("كود ١٢ لي", Slots(None, None, "12")),
        ("خذ مني طلب ثلاث حبات لون احمر", Slots(3, "احمر", None)),
        # hi
        ("मुझे चार चाहिए", Slots(4, None, None)),
        ("कोड १५ मेरा", Slots(None, None, "15")),
        ("लाल वाला ३ पीस भेज दो", Slots(3, "लाल", None)),
        ("paanch pieces book kar do", Slots(5, None, None)),
        ("do piece chahiye size L", Slots(2, "L", None)),
        # larger words and compounds
        ("I want twenty five of them", Slots(25, None, None)),
        ("quiero quince por favor", Slots(15, None, None)),
        ("je prends vingt pièces", Slots(20, None, None)),
        ("ich will fünfzehn Stück", Slots(15, None, None)),
        ("dua belas ya kak", Slots(12, None, None)),
        ("lấy mười hai cái", Slots(12, None, None)),
        ("十二個お願いします", Slots(12, None, None)),
        ("来二十个", Slots(20, None, None)),
        ("열두 개 주세요", Slots(12, None, None)),
        ("เอาสิบสองชิ้น", Slots(12, None, None)),
        ("quero quinze", Slots(15, None, None)),
        ("बारह पीस भेजो", Slots(12, None, None)),
        ("labindalawa po", Slots(12, None, None)),
        ("عشرين قطعة لو سمحت", Slots(20, None, None)),
        ("스무 개요", Slots(20, None, None)),
        ("二十五本ください", Slots(25, None, None)),
        ("3 green ones please", Slots(3, "green", None)),
        ("two garments for me", Slots(2, None, None)),
        ("2 grey tees size L", Slots(2, "grey / L", None)),
        ("i want 2 get one in black", Slots(1, "black", None)),
        ("I'd pay 30 for that, mine!", Slots(None, None, None)),
        ("just one for now", Slots(1, None, None)),
        ("one of the mods add me, i want 2", Slots(2, None, None)),
        ("twenty-four roses for the wedding", Slots(24, None, None)),
        ("D12+3", Slots(3, None, "D12")),
        ("CF A5 2 ตัว", Slots(2, None, "A5")),
        ("รับสิบห้าชิ้นค่ะ", Slots(15, None, None)),
        ("chốt mười lăm hộp nhé", Slots(15, None, None)),
        ("quero vinte e cinco", Slots(25, None, None)),
        ("deme veinticinco", Slots(25, None, None)),
        ("einundzwanzig Stück bitte", Slots(21, None, None)),
        ("dua puluh lima pcs kak", Slots(25, None, None)),
        ("kinse po", Slots(15, None, None)),
        ("열다섯 장이요", Slots(15, None, None)),
        ("십이 개 주세요", Slots(12, None, None)),
        ("三十枚お願いします", Slots(30, None, None)),
        ("要十五双", Slots(15, None, None)),
        ("اتناشر حبة", Slots(12, None, None)),
        ("पंद्रह पैकेट भेज दो", Slots(15, None, None)),
        ("vingt-deux boîtes pour moi", Slots(22, None, None)),
        ("85 주세요", Slots(None, "85", None)),
        ("블랙 55로 할게요", Slots(None, "블랙 / 55", None)),
        ("2T in pink please", Slots(None, "pink / 2T", None)),
        ("do packet bhej do", Slots(2, None, None)),
        ("ye kar do order", Slots(None, None, None)),
        ("quero a blusa vermelha G", Slots(None, "vermelha / G", None)),
        ("levo o vestido cinza P", Slots(None, "cinza / P", None)),
        ("one more question, can I get 2?", Slots(2, None, None)),
        ("two个 谢谢", Slots(2, None, None)),
        ("white, 40 please", Slots(None, "white / 40", None)),
        ("hold 3 for me till friday", Slots(3, None, None)),
        ("sold! 2 in navy", Slots(2, "navy", None)),
    ],
)
def test_an_idiom_says_how_many_of_which(text: str, slots: Slots) -> None:
    assert parse_slots(text) == slots


def test_every_composed_number_is_read_as_itself() -> None:
    wrong = {
        (words, number) for words, number in composed() if with_digits(f"x {words} x") != f"x {number} x"
    }
    assert not wrong


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("quarantesix", "quarantesix"),
        ("the tees and the elf, once", "the tees and the elf, once"),
        ("二十元", "二十元"),
        ("第十二集", "第十二集"),
        ("열심히 할게요", "열심히 할게요"),
        ("ยี่สิบสามชิ้น", "23ชิ้น"),
        ("vingt-et", "vingt-et"),
    ],
)
def test_what_only_looks_like_a_number_stays(text: str, digits: str) -> None:
    assert with_digits(text) == digits


@pytest.mark.parametrize("number", range(1, 100))
def test_chinese_counts_to_ninety_nine(number: int) -> None:
    signs = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    words = (signs[tens] if tens > 1 else "") + ("十" if tens else "") + (signs[ones] if ones else "")
    assert parse_slots(f"要{words}个").quantity == number
