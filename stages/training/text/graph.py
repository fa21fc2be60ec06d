"""The network as an ONNX graph written by hand: 8-bit products whose scales belong to one row each.

onnxruntime's own dynamic quantisation takes one scale for a whole call, so a comment's score would depend
on the comments beside it. Here every token has its own scale (symmetric, 8 bits) and every column of the
weights one (7 bits: on processors without VNNI two products of 8 bits by 8 overflow 16 bits).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, CONTRIB = 18, "com.microsoft"
WEIGHT_MOST = 63  # 7 bits
ROW_MOST = 127.0

Floats = NDArray[np.float32]


class GraphWriter:
    """Collects nodes and constants; each method names and returns its output, which begins with `prefix`."""

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._known: set[str] = set()

    def constant(self, name: str, values: NDArray[Any]) -> str:
        """A stored tensor; the same name stands for the same values."""
        if name not in self._known:
            self._known.add(name)
            self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], outputs: int = 1, domain: str = "", **more: Any) -> Any:
        """One node; its output's name, or a list of them."""
        names = [f"{self._prefix}{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **more))
        return names[0] if outputs == 1 else names


def quantise_columns(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(int8 [inputs, outputs] within 7 bits, scale of each column) of float32 [inputs, outputs]."""
    scale = np.maximum(np.abs(weights).max(axis=0) / WEIGHT_MOST, 1e-9).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale


def quantise_rows(weights: Floats) -> tuple[NDArray[np.int8], Floats]:
    """(int8 [rows, width], scale of each row) of the embeddings."""
    scale = np.maximum(np.abs(weights).max(axis=1, keepdims=True) / 127, 1e-9).astype(np.float32)
    return np.rint(weights / scale).astype(np.int8), scale


class NetworkGraph:
    """Writes an e5 encoder with a linear head; `state` is IntentNetwork's, in float32."""

    def __init__(self, state: dict[str, Floats], heads: int, epsilon: float) -> None:
        self._state, self._heads, self._epsilon = state, heads, epsilon
        self._width = state["head.weight"].shape[1]
        self._graph = GraphWriter()

    def write(self, path: Path, layers: int) -> None:
        """input_ids, attention_mask int64 [batch, length] -> logits float32 [batch, intents]."""
        graph = self._graph
        mask = graph.node("Cast", ["attention_mask"], to=TensorProto.INT32)
        states = self._embeddings()
        for layer in range(layers):
            states = self._layer(f"encoder.encoder.layer.{layer}.", states, mask)
        logits = self._head(states)
        graph.nodes.append(helper.make_node("Identity", [logits], ["logits"]))
        ids = [
            helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"])
            for name in ("input_ids", "attention_mask")
        ]
        out = helper.make_tensor_value_info(
            "logits", TensorProto.FLOAT, ["batch", len(self._weights("head.bias"))]
        )
        model = helper.make_model(
            helper.make_graph(graph.nodes, "intent", ids, [out], graph.constants),
            opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)],
            ir_version=9,
        )
        onnx.save(model, path)

    def _weights(self, name: str) -> Floats:
        return self._state[name]

    def _embeddings(self) -> str:
        graph, start = self._graph, "encoder.embeddings."
        table, scale = quantise_rows(self._weights(start + "word_embeddings.weight"))
        words = graph.node("Gather", [graph.constant("words", table), "input_ids"])
        words = graph.node("Cast", [words], to=TensorProto.FLOAT)
        words = graph.node(
            "Mul", [words, graph.node("Gather", [graph.constant("words_scale", scale), "input_ids"])]
        )
        places = (
            self._weights(start + "position_embeddings.weight")
            + self._weights(start + "token_type_embeddings.weight")[0]
        )
        length = graph.node("Shape", ["input_ids"], start=1, end=2)
        zero = graph.constant("zero", np.array([0], np.int64))
        nearest = graph.node("Slice", [graph.constant("places", places), zero, length, zero])
        return self._layer_norm(start + "LayerNorm", str(graph.node("Add", [words, nearest])))

    def _layer_norm(self, name: str, states: str) -> str:
        inputs = [states, *self._pair(name)]
        return str(self._graph.node("LayerNormalization", inputs, axis=-1, epsilon=self._epsilon))

    def _pair(self, name: str) -> list[str]:
        return [
            self._graph.constant(f"{name}.{kind}", self._weights(f"{name}.{kind}"))
            for kind in ("weight", "bias")
        ]

    def _product(self, states: str, name: str, weights: Floats) -> str:
        """states [rows, inputs] x weights [inputs, outputs] in 8 bits, a scale per row and per column."""
        graph = self._graph
        most = graph.node(
            "ReduceMax", [graph.node("Abs", [states]), graph.constant("last", np.array([-1]))], keepdims=1
        )
        scale = graph.node(
            "Max", [graph.node("Mul", [most, _number(graph, 1 / ROW_MOST)]), _number(graph, 1e-9)]
        )
        flat = graph.node("Reshape", [scale, graph.constant("flat", np.array([-1]))])
        middle = graph.node(
            "Expand", [graph.constant("middle_u8", np.array([128], np.uint8)), graph.node("Shape", [flat])]
        )
        rows = graph.node("QuantizeLinear", [states, flat, middle], axis=0)
        columns, column_scale = quantise_columns(weights)
        product = graph.node(
            "MatMulIntegerToFloat",
            [
                rows,
                graph.constant(name + ".int8", columns),
                _number(graph, 1.0),
                graph.constant(name + ".scale", column_scale),
                graph.constant("middle", np.array(128, np.uint8)),
            ],
            domain=CONTRIB,
        )
        return str(graph.node("Mul", [product, scale]))

    def _layer(self, start: str, states: str, mask: str) -> str:
        graph = self._graph
        whole = graph.node("Shape", [states])
        flat = graph.node("Reshape", [states, graph.constant("rows", np.array([-1, self._width]))])
        names = [f"{start}attention.self.{part}" for part in ("query", "key", "value")]
        joined = np.concatenate([self._weights(name + ".weight").T for name in names], axis=1)
        bias = np.concatenate([self._weights(name + ".bias") for name in names])
        parts = graph.node(
            "Split", [self._product(flat, start + "qkv", joined)], outputs=3, axis=-1, num_outputs=3
        )
        parts = [graph.node("Reshape", [part, whole]) for part in parts]
        mixed = graph.node(
            "MultiHeadAttention",
            [*parts, graph.constant(start + "qkv.bias", bias), mask],
            domain=CONTRIB,
            num_heads=self._heads,
        )
        mixed = graph.node("Reshape", [mixed, graph.constant("rows", np.array([-1, self._width]))])
        flat = self._add_and_norm(start + "attention.output", mixed, flat)
        inner = self._product(flat, start + "inner", self._weights(start + "intermediate.dense.weight").T)
        inner = graph.node(
            "BiasGelu",
            [inner, graph.constant(start + "inner.bias", self._weights(start + "intermediate.dense.bias"))],
            domain=CONTRIB,
        )
        flat = self._add_and_norm(start + "output", inner, flat)
        return str(graph.node("Reshape", [flat, whole]))

    def _add_and_norm(self, name: str, inner: str, before: str) -> str:
        graph = self._graph
        product = self._product(inner, name, self._weights(name + ".dense.weight").T)
        bias = graph.constant(name + ".dense.bias", self._weights(name + ".dense.bias"))
        # onnxruntime's SkipLayerNormalization does all this at once, and takes four times as long.
        added = graph.node("Add", [graph.node("Add", [product, bias]), before])
        return self._layer_norm(name + ".LayerNorm", str(added))

    def _head(self, states: str) -> str:
        """The mean over the text's own tokens, then the linear layer in float32."""
        graph = self._graph
        mask = graph.node("Unsqueeze", ["attention_mask", graph.constant("last", np.array([-1]))])
        mask = graph.node("Cast", [mask], to=TensorProto.FLOAT)
        one = graph.constant("one", np.array([1]))
        total = graph.node("ReduceSum", [graph.node("Mul", [states, mask]), one], keepdims=0)
        mean = graph.node("Div", [total, graph.node("ReduceSum", [mask, one], keepdims=0)])
        weights = graph.constant("head.weight", self._weights("head.weight").T)
        product = graph.node("MatMul", [mean, weights])
        return str(graph.node("Add", [product, graph.constant("head.bias", self._weights("head.bias"))]))


def _number(graph: GraphWriter, value: float) -> str:
    return graph.constant(f"number_{value:g}", np.array(value, np.float32))
