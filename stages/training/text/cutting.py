"""Cut an exported network into sections that read their large weights out of its `model.onnx`.

A section's own file holds nodes and what is small; of the 8-bit tables it says where in model.onnx they stand (ONNX
external data), so no weight is stored twice, and a section can't disagree with the network it was cut from.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto, helper

from stages.training.text.graph import CONTRIB, OPSET, Floats, GraphWriter

_BEFORE, _STATES, _LOGITS, _MASK = "before", "states", "logits", "attention_mask"


class CutNetwork:
    """An exported `model.onnx`, by its layers."""

    def __init__(self, path: Path) -> None:
        self._name, self._bytes = path.name, path.read_bytes()
        self._graph = onnx.load_from_string(self._bytes).graph
        self._maker = {name: place for place, node in enumerate(self._graph.node) for name in node.output}

    @property
    def layers(self) -> int:
        """How many there are."""
        return sum(node.op_type == "MultiHeadAttention" for node in self._graph.node)

    def write_section(self, path: Path, first: int, last: int, head: Sequence[Floats] = ()) -> None:
        """The layers from `first` up to, not with, `last`, into `path`, which must lie beside the network.

        input_ids int64 [batch, length], or before float32 [batch, length, width], and attention_mask int64 [batch,
        length] -> logits float32 [batch, intents] and, where a `head` makes these (see `_pooled`), the states behind
        `last`, float32 [batch, length, width].
        """
        behind = self._states(last) if head else _LOGITS
        before = self._states(first) if first else None
        writer = GraphWriter(prefix="exit_")
        if before is not None:
            writer.nodes.append(helper.make_node("Identity", [_BEFORE], [before]))
        writer.nodes += self._between(before, behind)
        outputs = [helper.make_tensor_value_info(_LOGITS, TensorProto.FLOAT, None)]
        if head:
            writer.nodes.append(helper.make_node("Identity", [behind], [_STATES]))
            writer.nodes.append(helper.make_node("Identity", [_pooled(writer, behind, head)], [_LOGITS]))
            outputs.append(helper.make_tensor_value_info(_STATES, TensorProto.FLOAT, None))
        used = {name for node in writer.nodes for name in node.input}
        weights = [self._outside(weight) for weight in self._graph.initializer if weight.name in used]
        graph = helper.make_graph(
            writer.nodes, "section", _inputs(first), outputs, [*weights, *writer.constants]
        )
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(CONTRIB, 1)]
        path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString())

    def _states(self, layer: int) -> str:
        """The name of the states [batch, length, width] behind so many layers."""
        norm = f"encoder.encoder.layer.{layer - 1}.output.LayerNorm.weight"
        (flat,) = (node.output[0] for node in self._graph.node if norm in node.input)
        shaped = [node for node in self._graph.node if node.op_type == "Reshape" and node.input[0] == flat]
        return str(shaped[0].output[0])  # the next layer, where there is one, flattens these again

    def _between(self, before: str | None, behind: str) -> list[NodeProto]:
        """The nodes that `behind` needs, in order, down to `before` or to the network's inputs."""
        needed, waiting = set[int](), [behind]
        while waiting:
            name = waiting.pop()
            place = self._maker.get(name)
            if place is not None and name != before and place not in needed:
                needed.add(place)
                waiting += self._graph.node[place].input
        return [self._graph.node[place] for place in sorted(needed)]

    def _outside(self, weight: TensorProto) -> TensorProto:
        """The same tensor, as bytes in model.onnx; only 8-bit ones, which may begin at any byte."""
        if weight.data_type != TensorProto.INT8:
            return weight
        outside = TensorProto(
            name=weight.name, data_type=weight.data_type, dims=weight.dims, data_location=TensorProto.EXTERNAL
        )
        places = {
            "location": self._name,
            "offset": self._bytes.index(weight.raw_data),
            "length": len(weight.raw_data),
        }
        for key, value in places.items():
            outside.external_data.add(key=key, value=str(value))
        return outside


def _inputs(first: int) -> list[ValueInfoProto]:
    given = (
        helper.make_tensor_value_info(_BEFORE, TensorProto.FLOAT, ["batch", "length", "width"])
        if first
        else helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])
    )
    return [given, helper.make_tensor_value_info(_MASK, TensorProto.INT64, ["batch", "length"])]


def _pooled(graph: GraphWriter, states: str, head: Sequence[Floats]) -> str:
    """A head of two layers on the mean over the text's own pieces: `head` is weights [width, inner], bias, weights
    [inner, intents], bias; the first may be all there is (weights, bias)."""
    last, one = graph.constant("exit_last", np.array([-1])), graph.constant("exit_one", np.array([1]))
    mask = graph.node("Cast", [graph.node("Unsqueeze", [_MASK, last])], to=TensorProto.FLOAT)
    total = graph.node("ReduceSum", [graph.node("Mul", [states, mask]), one], keepdims=0)
    given = graph.node("Div", [total, graph.node("ReduceSum", [mask, one], keepdims=0)])
    for place in range(0, len(head), 2):
        if place:
            given = graph.node("Relu", [given])
        weights = graph.constant(f"exit_weights_{place}", head[place])
        given = graph.node("MatMul", [given, weights])
        given = graph.node("Add", [given, graph.constant(f"exit_bias_{place}", head[place + 1])])
    return str(given)
