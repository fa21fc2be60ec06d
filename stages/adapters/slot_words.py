"""The words that `slots` reads: numbers, counters, sizes, colours, claim words, by language.

A word stands here in lower case and in NFKC, as viewers type it. Words that mean something else more
often than a number in a claim ("do" in Hinglish, "ba" in Vietnamese before a noun) are left out or
listed with what must stand beside them.
"""


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


# Words that are numbers wherever they stand as a word of their own.
NUMBERS: dict[str, int] = {
    # English
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70,
    "eighty": 80, "ninety": 90, "hundred": 100, "both": 2, "bothh": 2, "dozen": 12, "doz": 12,
    # Spanish, Portuguese
    "uno": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9,
    "diez": 10,
    "docena": 12, "ambos": 2, "ambas": 2, "dois": 2, "duas": 2, "três": 3, "quatro": 4, "sete": 7, "oito": 8,
    "nove": 9, "dez": 10, "dúzia": 12, "duzia": 12,
    # French
    "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "douzaine": 12,
    # German
    "eins": 1, "einmal": 1, "zwei": 2, "zweimal": 2, "drei": 3, "dreimal": 3, "vier": 4, "viermal": 4,
    "fünf": 5,
    "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "beide": 2, "dutzend": 12,
    # Indonesian, Malay
    "satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9,
    "sepuluh": 10, "selusin": 12, "sedozen": 12, "sekodi": 20, "setunggal": 1, "atu": 1, "dua-duanya": 2,
    "sebuah": 1,
    # Tagalog ("lima" is shared)
    "isa": 1, "isang": 1, "dalawa": 2, "dalawang": 2, "tatlo": 3, "tatlong": 3, "apat": 4, "anim": 6, "pito": 7,
    "walo": 8, "limang": 5, "apat na": 4, "duha": 2, "anim na": 6, "sampung": 10, "tigang": 3, "siyam": 9,
    "sampu": 10, "dosena": 12, "dosenang": 12,
    # Arabic
    "واحد": 1, "واحدة": 1, "وحدة": 1, "اثنين": 2, "اثنان": 2, "اتنين": 2, "ثنتين": 2, "قطعتين": 2, "حبتين": 2,
    "الاثنين": 2, "الاتنين": 2, "ثلاثة": 3, "ثلاث": 3, "تلاتة": 3, "أربعة": 4, "اربعة": 4, "خمسة": 5, "ستة": 6,
    "وحده": 1, "تلات": 3, "تلاته": 3, "الثلاثة": 3, "اربع": 4, "أربع": 4, "خمس": 5, "ست": 6, "سبع": 7,
    "تمن": 8, "ثمان": 8,
    "تسع": 9, "عشر": 10, "زوز": 2, "جوج": 2, "دستة": 12, "علبتين": 2, "نسختين": 2, "كرسيين": 2, "حبه": 1,
    "wa7da": 1, "wa7ed": 1,
    "سبعة": 7, "ثمانية": 8, "تسعة": 9, "عشرة": 10, "درزن": 12, "دزينة": 12,
    # Hindi, Hinglish
    "एक": 1, "दो": 2, "तीन": 3, "चार": 4, "पाँच": 5, "पांच": 5, "छह": 6, "सात": 7, "आठ": 8, "नौ": 9, "दस": 10,
    "दर्जन": 12, "दोनों": 2, "ek": 1, "teen": 3, "char": 4, "paanch": 5, "dono": 2, "darjan": 12,
}  # fmt: skip

DOZENS: frozenset[str] = _words(
    "doz tá dosena dosenang darjan दर्जन dozen docenas docena dúzias dúzia douzaines dutzend lusin"
)

# An article, unless one of `AFTER_ONE` or nothing follows it: then it counts the thing itself.
ARTICLES: frozenset[str] = _words("una un une um uma ein eine einen einer")
AFTER_ONE: frozenset[str] = _words(
    # English: "one please", "one in large", "one of these"
    "please pls plz plzz thanks ty for in of to size asap now right today too more here pc pcs piece "
    "pieces set sets "
    "pack packs box boxes aside tonight same with on from before and & "
    # Romance and German: "uno en rojo", "un de côté", "eine in L"
    "por porfa favor en de pour svp stp s'il taille talla tamanho tamanhos pra para más mais bitte in für "
    "zurück "
    "rojo roja negro negra blanco blanca azul verde rosa preto preta pro no na g gg pp par potinho aus "
    "von davon"
)
# Before "one" these make it a pronoun: "the green one", "this one", "last one".
POINTING: frozenset[str] = _words(
    "a an the this that which every each last any no there's final signed single"
)

# A number word that means "give" after a verb stem: "कर दो" is "do it", not "do two".
GIVE_AFTER: frozenset[str] = _words("कर दे भेज रख लिख जोड़ बोल हटा बता दिखा डाल बना कह करवा")

# Vietnamese numbers count only before one of these classifiers.
VIETNAMESE: dict[str, int] = {
    "một": 1,
    "hai": 2,
    "ba": 3,
    "bốn": 4,
    "năm": 5,
    "sáu": 6,
    "bảy": 7,
    "tám": 8,
    "chín": 9,
    "mười": 10,
}
VIETNAMESE_COUNTERS: frozenset[str] = _words(
    "cái chiếc hộp chai áo bộ đôi túi gói đơn cặp lọ hũ thùng quần váy kg cây con em chậu bịch hủ lốc vỉ "
    "set cuốn quyển"
)

# Numbers written without spaces, longest first; a pattern of the script's counters follows some.
HAN_DIGITS: dict[str, int] = {
    "一": 1, "两": 2, "兩": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
HAN_COUNTERS = (
    "个個件盒瓶份套条條双雙只隻支包箱顶頂本张張枚点點つ袋台组組足着把朵块塊罐桶片粒颗顆串卷对對斤打盆盘盤壶壺"
)
HAN_PAIRS: dict[str, int] = {
    "俩": 2,
    "倆": 2,
    "仨": 3,
    "ひとつ": 1,
    "ふたつ": 2,
    "みっつ": 3,
    "よっつ": 4,
    "いつつ": 5,
}
KOREAN_NUMBERS: dict[str, int] = {
    "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "반": 0,
}  # fmt: skip
KOREAN_COUNTERS: tuple[str, ...] = (
    "개", "장", "팩", "벌", "통", "자루", "켤레", "병", "박스", "봉지", "세트", "쌍", "근", "묶음", "마리",
    "송이", "권", "대", "잔",
    "캔", "줄", "포", "그릇", "상자", "모", "판", "단", "알", "매", "족", "셋트",
)  # fmt: skip
THAI: dict[str, int] = {
    "ทั้งสอง": 2, "ทั้งคู่": 2, "หนึ่ง": 1, "สอง": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8,
    "เก้า": 9, "สิบ": 10, "โหล": 12,
}  # fmt: skip
KOREAN: dict[str, int] = {
    "둘 다": 2, "둘다": 2, "하나": 1, "한 다스": 12, "한다스": 12, "두다스": 24, "반다스": 6,
    "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
PHRASES: dict[str, int] = {
    "half a doz": 6, "half doz": 6, "couple dozen": 24, "a couple of": 2, "nửa tá": 6, "ครึ่งโหล": 6,
    "kalahating dosena": 6,
    "半打": 6, "半ダース": 6, "adha darjan": 6, "आधा दर्जन": 6, "aadha darjan": 6, "demi-douzaine": 6,
    "halbes dutzend": 6, "نص دستة": 6,
    "half a dozen": 6, "half dozen": 6, "media docena": 6, "meia dúzia": 6, "setengah lusin": 6,
    "les deux": 2, "los dos": 2, "las dos": 2, "os dois": 2, "as duas": 2, "cả hai": 2, "một tá": 12,
    "両方": 2, "两个都": 2, "兩個都": 2, "都要两": 2, "一打": 12, "1打": 12, "1ダース": 12, "一ダース": 12,
    "isang dosena": 12, "एक दर्जन": 12, "ek darjan": 12, "a dozen": 12, "una docena": 12, "uma dúzia": 12,
    "une douzaine": 12, "ein dutzend": 12, "a couple": 2,
}  # fmt: skip

# After these a number is a claim code; the second group needs two digits ("mine 2" is two of it).
CODE_WORDS: tuple[str, ...] = (
    "sold", "claim", "claiming", "claimed", "cf", "f", "code", "kode", "código", "codigo", "number", "no", "nr",
    "item", "num", "número", "numero", "numéro", "nummer", "nomor", "mã", "số", "รหัส", "เบอร์", "رقم",
    "كود", "कोड",
    "steal", "dibs on", "art", "lot", "vendido", "vendida", "vendu", "vendue", "verkauft", "artikel", "peça",
    "pieza",
    "cód", "réf", "ref", "kod", "nomer", "ma", "msp", "artículo", "pos",
)  # fmt: skip
CODE_WORDS_LONG: tuple[str, ...] = ("mine", "grab", "akin", "meu", "mío")

SIZE_WORDS: tuple[str, ...] = (
    "size", "sizes", "sz", "talla", "tallas", "taille", "pointure", "größe", "groesse", "gr", "tamanho",
    "tam", "número",
    "kids", "مقاسي", "เบอร์", "เอว", "นิ้ว", "圈口",
    "ukuran", "uk", "saiz", "cỡ", "ไซส์", "ไซซ์", "サイズ", "尺寸", "尺码", "码", "사이즈", "مقاس", "साइज",
    "साइज़", "nomor sepatu",
)  # fmt: skip
SIZES: dict[str, str] = {
    "xs": "XS", "s": "S", "m": "M", "l": "L", "sm": "S", "lge": "L", "lrg": "L", "extra large": "XL",
    "extra small": "XS", "مديوم": "M", "미디움": "M", "xl": "XL", "xxl": "2XL", "xxxl": "3XL", "2xl": "2XL",
    "3xl": "3XL",
    "4xl": "4XL", "5xl": "5XL", "gg": "GG", "small": "S", "medium": "M", "large": "L", "لارج": "L",
    "ميديم": "M", "سمول": "S",
}  # fmt: skip
PORTUGUESE_SIZES: frozenset[str] = _words("pp p m g gg xg")

COLOURS: frozenset[str] = _words(
    # English
    "red blue green black white grey gray pink purple yellow brown beige navy gold silver olive charcoal "
    "teal turquoise maroon burgundy khaki ivory lilac camo camel rust mauve taupe ecru fuchsia magenta "
    "aqua indigo tan "
    "lavender mint nude walnut wine plum coral cyan rainbow "
    # Spanish, Portuguese
    "rojo roja rojos rojas negro negra negros negras blanco blanca blancos azul azules verde verdes "
    "rosado rosada "
    "amarillo amarilla gris morado morada marrón naranja dorado dorada plateado celeste rojito mostaza "
    "vino fucsia "
    "vermelho vermelha preto preta branco branca amarelo amarela cinza roxo roxa laranja marrom dourado prata "
    "vinho lilás caramelo nude bordô "
    # French
    "rouge noir noire noirs noires blanc blanche bleu bleue vert verte jaune violet violette marron doré "
    "dorée dorées argenté bordeaux kaki crème "
    "grise grises "
    # German, in the forms people write
    "rot rote roten rotes schwarz schwarze schwarzen schwarzes weiß weiße weißen weißes weiss blau blaue "
    "blauen blaues "
    "grün grüne grünen grünes gelb gelbe lila grau graue braun braune rosa orangene "
    "gelben grauen roségold petrol türkis türkise weinrot dunkelblau hellblau dunkelgrün vanille lavendel "
    # Indonesian, Malay, Tagalog
    "merah hitam putih biru hijau kuning ungu abu-abu abu coklat pula itim puti asul berde dilaw kayumanggi "
    "marun mocca moka krem sage ijo itom tsokolate krema lavanda "
    # Vietnamese
    "đen trắng đỏ xanh vàng hồng tím xám nâu nau xam "
    # Arabic (with and without the article)
    "أحمر احمر الأحمر الاحمر أسود اسود الأسود الاسود أبيض ابيض الأبيض بيضا بيضاء حمرا سودا أزرق ازرق "
    "الأزرق الازرق أخضر "
    "اخضر الأخضر وردي الوردي بني رمادي بيج كحلي ذهبي فضي "
    "كحل كحلة زهري الزهري موف البني الرمادي الكحلي البيج الزيتي زيتي النبيتي نبيتي الجملي جملي السكري "
    "سكري الحمرا السودا "
    "البيضا صفرا اصفر أصفر الاصفر الأصفر عنابي العنابي سماوي السماوي بنفسجي البنفسجي برتقالي البلاك "
    "تيتانيوم eswed k7al "
    # Hindi, Hinglish
    "लाल काला काली नीला नीली हरा हरी सफेद सफ़ेद पीला पीली गुलाबी भूरा बैंगनी लाल lal kala kaala neela "
    "safed hara peela gulabi laal mehroon neeli "
)
HAN_COLOURS: tuple[str, ...] = (
    "豆沙", "焦糖", "卡其", "驼", "駝", "米白", "米", "墨绿", "墨綠", "酒红", "酒紅", "藏青", "藏蓝", "雾蓝",
    "天蓝", "深蓝", "浅蓝",
    "深灰", "浅灰", "灰蓝", "灰藍", "奶白", "奶茶", "咖啡", "咖", "杏", "香槟", "玫瑰金", "玫红", "军绿",
    "透明", "水", "ミント", "嘿",
)  # fmt: skip
# Colours of scripts without spaces, longest first; they are looked for inside the text.
COLOURS_INSIDE: tuple[str, ...] = (
    "粉红色", "粉紅色", "藏青色", "米白色", "红色", "紅色", "黑色", "白色", "蓝色", "藍色", "绿色", "綠色",
    "黄色", "黃色", "粉色", "紫色",
    "灰色", "棕色", "米色", "金色", "银色", "橙色", "ピンク", "ベージュ", "ネイビー", "ブラック", "ホワイト",
    "ブルー", "レッド", "グレー",
    "茶色", "紺", "黒", "くすみブルー", "ゴールド", "カーキ", "シルバー", "グリーン", "ดำ", "ขาว", "แดง",
    "ฟ้า", "น้ำเงิน",
    "เขียว", "เหลือง", "ชมพู", "ม่วง",
    "เทา", "น้ำตาล", "ครีม", "เบจ", "กรม", "พีช",
    "빨간색", "빨강", "검정색", "검정", "검은색", "블랙", "흰색", "화이트", "파란색", "블루", "네이비",
    "초록색", "그린", "노란색", "핑크", "분홍색", "회색", "그레이", "베이지", "보라색", "갈색", "레드",
    "아이보리", "소라색", "소라", "보라", "카멜", "카키", "민트", "주황색", "밤색", "노랑", "파랑", "핑끄",
)  # fmt: skip
# Also things, scents or flowers: a colour only after "in", "màu", "color" and the like.
WEAK_COLOURS: frozenset[str] = _words(
    "cream mint peach coral nude tan mustard orange rose rosas kem café krem creme crema natural vanilla "
    "lavender "
    "cherry walnut oatmeal wine plum camel ash clear rust butter lemon berry morango fresa figue "
    "mango shea charcoal cocoa"
)
SHADES: frozenset[str] = _words(
    "light dark rose baby sky royal hot off deep bright pastel sage bottle matte glossy olive forest "
    "dusty ash pale"
)
SHADES_AFTER: frozenset[str] = _words(
    "tua muda abu marino marinho marine claro clara oscuro oscura escuro escura botella roi ciel clair "
    "foncé palo bebé "
    "đậm nhạt đô rêu lá dương biển ngọc leather marl"
)
# A number right after one of these is a count, also where a size would stand.
SIZED_AFTER: tuple[str, ...] = (
    "take ", "want ", "need ", "get ", "order ", "buy ", "give ", "gimme ", "for ", "have ", "add ", "send ",
    "at ", "until ",
    "under ", "mau ", "ambil ", "beli ", "pesan ", "quiero ", "dame ", "ponme ", "llevo ", "quero ", "levo ",
    "manda ",
    "veux ", "prends ", "nehme ", "will ", "lấy ", "chốt ", "mua ", "iphone ", "sold ", "mine ", "is ",
    "only ", "about ",
)  # fmt: skip

# A number before or after one of these is money, time or a measure, not a count.
MONEY_BEFORE: frozenset[str] = _words(
    "$ € £ ¥ ₹ ฿ ₩ ₱ rp rm at under until by iphone pay paying paid pago pague payer zahle bayar bayad"
)
NOT_COUNTED_AFTER: frozenset[str] = _words(
    "$ € £ ¥ ₹ ฿ ₩ ₱ dollars dollar bucks usd eur euro euros pesos reais baht rupees rs yuan yen won rb "
    "ribu k % "
    "minutes min mins hours hour days day weeks week month months years year am pm cm mm inch inches gb "
    "tb ml l g gr gm kilong litre litres liter liters lb lbs oz ft quid pounds reviews lives times "
    "yo yrs y tahun number नंबर number no tuổi ปี ขวบ saal ريال جنيه درهم دينار 米 pro 키로 인치 호 "
    "사이즈 짜리 cân ply piece-set watt inch "
    "元 块 円 บาท 원 đ vnd"
)
