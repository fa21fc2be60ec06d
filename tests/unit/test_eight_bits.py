"""A network that counts in eight bits sees what it saw before."""

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="the training extra isn't installed")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402
from onnxruntime import InferenceSession  # noqa: E402

from stages.adapters.embedding import SIDE  # noqa: E402
from stages.training.eight_bits import write_in_eight_bits  # noqa: E402


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A small one with the parts of ours: pixels scaled, convolutions, a cohort."""
    random = np.random.default_rng(0)
    constants = {
        "scale": np.float32(127.5),
        "one": np.float32(1),
        "least": np.float32(0),
        "most": np.float32(6),
        "w1": random.normal(0, 0.2, (8, 3, 8, 8)).astype(np.float32),
        "b1": random.normal(0, 0.5, 8).astype(np.float32),
        "w2": random.normal(0, 0.5, (16, 8, 1, 1)).astype(np.float32),
        "b2": np.zeros(16, np.float32),
        "cohort": np.eye(16, dtype=np.float32)[:2],
    }
    nodes = [
        helper.make_node("Transpose", ["pixels"], ["laid"], perm=[0, 3, 1, 2]),
        helper.make_node("Cast", ["laid"], ["wide"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["wide", "scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "one"], ["centred"]),
        helper.make_node("Conv", ["centred", "w1", "b1"], ["seen"], strides=[8, 8]),
        helper.make_node("Clip", ["seen", "least", "most"], ["bounded"]),
        helper.make_node("Conv", ["bounded", "w2", "b2"], ["maps"]),
        helper.make_node("ReduceMean", ["maps"], ["vectors"], axes=[2, 3], keepdims=0),
    ]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["n", SIDE, SIDE, 3])
    vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", 16])
    cohort = helper.make_tensor_value_info("cohort", TensorProto.FLOAT, [2, 16])
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", [pixels], [vectors, cohort], initializers)
    path = tmp_path / "float.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # onnxruntime's own
def test_the_same_is_seen_within_a_step(network: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    pictures = [
        np.asarray(random.integers(0, 256, (SIDE, SIDE, 3)) * share, np.uint8)
        for share in (1, 0.2, 0.5, 0.9, 1, 0)
    ]
    written = tmp_path / "eight.onnx"
    write_in_eight_bits(network, pictures, written)
    whole, eight = (
        InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"pixels": np.stack(pictures)})
        for path in (network, written)
    )
    assert np.abs(whole[0] - eight[0]).max() < 0.02 * np.ptp(whole[0])
    assert np.array_equal(whole[1], eight[1])
    kinds = {node.op_type for node in onnx.load(written).graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} < kinds
    assert not {"Cast", "Div", "Sub"} & kinds, "pixels are read as they are"
