"""Does a complaint take a claim back ("cancel", "pass", "batal kak")? Rules, no model.

Asked of what the classifier judged a complaint, and of buys, where in doubt none is made. Only what releases the
whole claim counts: who wants two instead of three, asks how cancelling works, means an order of an earlier show, or
complains that one was cancelled, is left to the host.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from stages.adapters.slot_spelling import plain

_WHAT = r"(?:(?:off|out) )?(?:me|mine|my|that|it|this|the|our|[a-z]{1,2}-?\d+|everything)"
_WORDS: Mapping[str, tuple[str, ...]] = {
    "English": (
        r"(?:(?:un|mis)-?)?cancel(?:l?ing|lation)?",
        r"pass(?: on)?(?: (?:it|this|that|mine|one|my \w+))*(?= (?:pls|please|sorry|now)\b|\s*(?:[.,!]|$))",
        r"pass (?:mine|it|my \w+) on",
        r"void",
        r"unclaim",
        r"un-?(?:order|sell|sold|send|add|assign)",
        r"undo",
        r"retract",
        r"annul",
        r"(?:take|taking|took) (?:it|mine|me|that|my \w+|the \w+(?: one)?|them|us|this) (?:\w+ )?(?:back|off|out|away)",
        r"take (?:off|back|out)",
        r"i take (?:it|that) back",
        r"(?:pull(?:ing)?|back(?:ing)?|bow(?:ing)?) out",
        rf"(?:remove|delete|drop|scrap|scratch|strike|withdraw|reverse) {_WHAT}",
        rf"(?:release|uncheck|disregard|ignore|stop|lose|minus) {_WHAT}",
        r"get rid of it",
        r"(?:no longer|don'?t|dont|do not) (?:want|need)(?: \w+){0,2}(?: (?:any ?more|now))",
        r"no longer (?:want|need)",
        r"(?:don'?t|dont|do not|can you not) (?:send|ship|charge|pack|bill|ring)",
        r"chang(?:ed|e) my mind",
        r"(?:nvm|never ?mind)",
        r"forget (?:about |that )?(?:mine|it|i said)",
        r"i'?m out",
        r"not going ahead",
        r"give (?:mine|my \w+|it) to (?:the next|someone|somebody|\w+)",
        r"(?:put|pull) (?:my \w+|it|mine) back",
        r"let (?:someone|somebody) else have",
        r"(?:wrong|other|another) (?:live|chat|code)",
        r"not a claim",
        r"entered in error",
        r"(?:typed?|click(?:ed)?|press(?:ed)?|said|hit|ordered|bought|claimed|put) (?:\w+ ){,4}by (?:mistake|accident)",
    ),
    "Spanish": (
        r"(?:cancel|anul)(?:a|ar|e|en|as|es|o|ame|alo|ala|enme|emos)",
        r"ya no (?:l[oa]s? )?(?:quiero|mandes|mande|necesito)",
        r"(?:qu[ií]ta|b[aá]ja|saca|borra)(?:me|lo|la)",
        r"me (?:arrepent[ií]|salgo)",
        r"mejor d[eé]jalo",
        r"no me cobren",
        r"devu[eé]lveme la plata",
        r"paso(?=\s*(?:[.,!]|$))",
        r"suelta mi",
    ),
    "Portuguese": (
        r"cancel(?:a|ar|e|em|o|amento)",
        r"desist(?:i|o)",
        r"n[aã]o quero mais",
        r"(?:tira|retira|apaga|deixa) (?:o meu|a minha|meu|minha|quieto)",
        r"me tira",
        r"pode passar pra outr[ao]",
        r"estorna",
        r"passo(?=\s*(?:[.,!]|$))",
    ),
    "French": (
        r"annul(?:er?|ez|e[sz]|ation)",
        r"laisse[zr]? tomber",
        r"je me d[eé]siste",
        r"je (?:l[ae] |n'en )?(?:prends?|veux) plus",
        r"(?:enl[eè]ve|retire|oublie)z? (?:l[ae]|mon|ma|mes)",
        r"ne d[eé]bitez pas",
        r"je passe(?=\s*(?:[.,!]|$))",
    ),
    "German": (
        r"storn(?:o|ier\w*)",
        r"(?:widerrufe|abbestell\w*)",
        r"doch (?:nicht(?: mehr)?|ned|kein)",
        r"r[uü]ckg[aä]ngig",
        r"(?:nimm|nehmt) (?:mich|meins?) (?:\w+ ){0,3}(?:runter|raus|weg)",
        r"streichen",
        r"zieh\w* (?:meine? \w+ )?(?:\w+ ){0,4}zur[uü]ck",
        r"ich (?:passe|bin raus)",
    ),
    "Indonesian and Malay": (
        r"(?:di|mem|pem)?batal(?:kan|in|an)?",
        r"(?:ga|gak|nggak|ngga|tak|x|tidak) ?jadi",
        r"(?:di|pa-?)?cancel(?:kan|in)?",
        r"hapus(?:kan|in)? (?:order|pesan|keep)\w*",
        r"(?:aku|saya|sy) (?:lepas|mundur|pass)",
        r"mundur ya",
    ),
    "Tagalog": (
        r"(?:pa|paki|i|na)-?cancel",
        r"paki ?(?:bawi|tanggal)",
        r"(?:di|hindi) ko (?:na )?(?:po )?(?:itutuloy|kukunin)",
        r"back ?out",
        r"pa ?-?remove",
        r"huwag na (?:po|lang)",
        r"(?:hindi|di) na (?:po )?(?:ako )?(?:tuloy|kukuha)",
    ),
    "Vietnamese": (
        r"h(?:ủy|uỷ|uy)(?: (?:giúp|dùm|đơn|don|mã|luôn))?(?! hoại)",
        r"nhả đơn",
        r"không lấy(?: \w+){0,4} nữa",
        r"ko lấy nữa",
        r"(?:cho em |xin )?rút lại",
        r"bỏ (?:bớt|đơn)",
        r"thôi không (?:lấy|mua)",
        r"cho (?:em|mình) pass",
    ),
    "Hindi": (
        r"(?:रद्द|radd|kainsal|कैंसिल|कैंसल)(?: \w+)?",
        r"(?:हटा|hata) ?(?:दीजिए|दो|do|dena|dijiye)",
        r"mat bhejna",
        r"मत भेजना",
        r"rehne (?:do|dijiye)",
        r"रहने (?:दो|दीजिए)",
        r"(?:nahi|nahin|nhi) chahiye",
        r"नहीं चाहिए",
        r"mann? badal",
        r"wapas le lo",
    ),
}
# Scripts that set no space between words, or hang particles on them.
_INSIDE: Mapping[str, tuple[str, ...]] = {
    "Arabic": (
        r"[إاأ]لغ(?:ي|وا|اء|و)",
        r"كنسل",
        r"بطلت",
        r"شيل(?:وها|وه|ني|وني)",
        r"غيرت ر[أا]ي",
        r"لا ?تبعت",
        r"حيدو",
        r"م(?:ا|ش) (?:ابيها|عايزها|بدي اياها)",
        r"ما بقيتش",
        r"لا ترسل",
    ),
    "Thai": (
        r"ยกเลิก",
        r"แคนเซิล|แคนเซ่ล",
        r"ไม่เอาแล้ว",
        r"ปล่อยหลุด",
        r"เอาชื่อเราออก",
        r"ขอคืนคิว",
        r"ลบออเดอร์",
        r"ขอผ่าน",
    ),
    "Chinese": (
        r"取消",
        r"不要了",
        r"唔要",
        r"别发了|別發了",
        r"退了",
        r"撤(?:掉|回|单|單)",
        r"划掉|劃掉",
        r"不算",
        r"改成不要",
        r"不買了|不买了",
    ),
    "Japanese": (
        r"キャンセル",
        r"取り消",
        r"やめます|やめとき",
        r"なしで|なしに",
        r"無効で",
        r"解約",
        r"パスで|パスします",
    ),
    "Korean": (
        r"취소",
        r"(?:빼|지워|풀어) ?주세요",
        r"안 ?(?:할|살|살)(?:래|게)요",
        r"없던걸로|없던 ?거로",
        r"보내지 ?마세요",
        r"패스(?:할게요|요)",
    ),
}
_LEFT_TO_THE_HOST = re.compile(
    "|".join(
        (
            # not, or not yet
            r"\b(?:don'?t|dont|do not|never|didn'?t|didnt|no need to|without) cancel",
            r"不要取消|キャンセルしない|취소하지 ?마|jangan (?:di)?(?:batal|cancel)|nicht stornier|n'annule",
            r"\b(?:no|não|nao) (?:lo |la |me )?cancel|đừng h[uủ]|อย่า(?:เพิ่ง)?ยกเลิก|لا تلغ",
            # somebody else did, or didn't
            r"\b(?:was|were|been|got|getting|gets|keeps?|just|why|who) (?:\w+ )?(?:cancel|void|drop|delet|remov)",
            r"\b(?:you|they|he|she|seller|shop|store) (?:\w+ )?(?:cancel|void|drop|delet|remov)",
            r"\bcancell?ed (?:my|on|it|the|our|without|me|order|\w+ orders?)",
            r"\b(?:foi|fue|est[aá]|tudo) cancelad[oa]|cancelaram|cancelaron|被取消|wurde storniert",
            r"annul[eé]e? par|dibatalkan (?:sepihak|seller|penjual|toko)",
            # an order of an earlier show
            r"\b(?:from |since )?(?:yesterday|last (?:week|month|night|show))\b|\b(?:days?|weeks?|months?) ago\b",
            r"\bnever (?:came|arrived)|\b(?:e-?mails?|customer service)\b|배송",
            r"\b(?:kemarin|semalam|ayer|gestern|hier|ontem)\b|昨天|昨日",
            # how?
            r"\bhow (?:do|can|to)\b.{0,12}cancel|怎么取消|怎麼取消|キャンセル(?:できない|方法)",
            r"취소(?:가 안|는 어떻게|하려면)",
            # a part of it
            r"\b(?:one|two|1|2) of (?:my|the|mine|these|them)\b|\bonly (?:want|need|said) (?:1|one|2|two)\b",
            r"\bkeep (?:the|just|only)\b|\b(?:1|one) not \d|\bstatt\b|une sur les|um dos|bỏ bớt",
        )
    )
)

_TAKES_BACK = re.compile(
    r"(?<![^\W_])(?:" + "|".join(word for words in _WORDS.values() for word in words) + r")(?![^\W_])"
    "|" + "|".join(word for words in _INSIDE.values() for word in words)
)


def takes_back(text: str) -> bool:
    """Whether the viewer who complains so gives up a claim of their own.

    >>> takes_back("cancel mine please"), takes_back("batal kak"), takes_back("やっぱりキャンセルで")
    (True, True, True)
    >>> takes_back("why was my order cancelled?"), takes_back("cancel one of my two bags"), takes_back("it broke")
    (False, False, False)
    """
    spelt = plain(text)
    return _TAKES_BACK.search(spelt) is not None and _LEFT_TO_THE_HOST.search(spelt) is None
