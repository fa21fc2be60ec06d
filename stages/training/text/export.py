"""Write the folder that `stages.adapters.classifier.OnnxClassifier` serves."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from stages.training.text.dataset import INTENTS
from stages.training.text.network import IntentNetwork
from stages.training.text.tuning import LONGEST
from stages.training.text.vocabulary import Published

_OPSET = 18


@dataclass(frozen=True, slots=True)
class Origin:
    """What the model was made from, kept in config.json."""

    weights: str
    layers: tuple[int, ...]
    seed: int
    data_sha256: str


def write_onnx(network: IntentNetwork, folder: Path) -> None:
    """`model.onnx`: input_ids, attention_mask int64 [batch, length] -> logits float32; weights in int8."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "float.onnx"
        _export(network.eval(), whole)
        quantize_dynamic(
            whole,
            folder / "model.onnx",
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul", "Gather", "Gemm"],
            extra_options={"MatMulConstBOnly": True},
        )
    _forget_origin(folder / "model.onnx")


def _forget_origin(model: Path) -> None:
    """Drop the exporter's notes on each node: they name the files of the machine that it ran on."""
    import onnx

    network = onnx.load(model)
    for part in (network, network.graph, *network.graph.node, *network.graph.value_info):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(network, model)


def write_config(folder: Path, tokenizer: Published, temperature: float, origin: Origin) -> None:
    """`config.json` and `tokenizer.json` beside the network."""
    config = {
        "id2label": {str(i): intent for i, intent in enumerate(INTENTS)},
        "temperature": temperature,
        "max_length": LONGEST,
        "prefix": "",
        "pad_token_id": 1,
        "made_from": {
            "weights": origin.weights,
            "layers": list(origin.layers),
            "seed": origin.seed,
            "data_sha256": origin.data_sha256,
        },
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    compact = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(compact, encoding="utf-8")


def _export(network: IntentNetwork, path: Path) -> None:
    ids = torch.tensor([[0, 5, 6, 2], [0, 7, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    batch, length = torch.export.Dim("batch", min=1, max=4096), torch.export.Dim("length", min=2, max=LONGEST)
    torch.onnx.export(
        network,
        (ids, mask),
        path,
        input_names=["input_ids", "attention_mask"],
        output_names=["logits"],
        opset_version=_OPSET,
        dynamic_shapes={"input_ids": {0: batch, 1: length}, "attention_mask": {0: batch, 1: length}},
        dynamo=True,
        external_data=False,
        verbose=False,
    )
