"""How a variant is called, so that a claim's words find it: "colour / size", as `stages.adapters.slots` spells them."""

from __future__ import annotations

from collections.abc import Iterable

from stages.adapters.slot_words import SIZES

# fmt: off
_COLOUR = frozenset({
    "color", "colour", "colore", "couleur", "farbe", "cor", "warna", "kulay", "màu", "颜色", "顏色", "カラー", "色",
    "색상", "สี",
})
_SIZE = frozenset({
    "size", "talla", "taille", "größe", "grösse", "tamanho", "tam", "taglia", "ukuran", "sukat", "cỡ", "尺码", "尺寸",
    "サイズ", "사이즈", "ขนาด", "ไซส์",
})
# fmt: on
_NO_CHOICE = frozenset({"", "default title", "default"})


def variant_name(options: Iterable[tuple[str, str]]) -> str | None:
    """The name of a variant with these (option, value) pairs: the colour first, then the size, then what else there
    is; None where there is nothing to choose."""
    chosen = [
        (_rank(option), _spelt(option, value))
        for option, value in options
        if value.casefold() not in _NO_CHOICE
    ]
    return " / ".join(value for _, value in sorted(chosen, key=lambda pair: pair[0])) or None


def respelt(name: str) -> str | None:
    """A variant's name from a sheet of ours, its sizes in their usual form: "Navy / m" is "navy / M"."""
    return variant_name(("", part.strip()) for part in name.split("/"))


def _rank(option: str) -> int:
    kind = option.strip().casefold()
    return 0 if kind in _COLOUR else 1 if kind in _SIZE else 2


def _spelt(option: str, value: str) -> str:
    plain = " ".join(value.replace("/", "-").split()).casefold()
    if plain in SIZES:
        return SIZES[plain]
    return plain.upper() if _rank(option) == 1 or any(sign.isdigit() for sign in plain) else plain
