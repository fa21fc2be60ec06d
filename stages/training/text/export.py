"""Write the folder that `stages.adapters.classifier.OnnxClassifier` serves."""

import json
from dataclasses import dataclass
from pathlib import Path

from stages.training.text.dataset import INTENTS
from stages.training.text.graph import NetworkGraph
from stages.training.text.network import IntentNetwork
from stages.training.text.tuning import LONGEST
from stages.training.text.vocabulary import Published

TEXTS_A_CALL = 16  # at most: calls are cut where they cost least; 32 gain next to nothing


@dataclass(frozen=True, slots=True)
class Origin:
    """What the model was made from, kept in config.json."""

    weights: str
    layers: tuple[int, ...]
    seed: int
    data_sha256: str


@dataclass(frozen=True, slots=True)
class Calibration:
    """What turns logits into probabilities: logits / temperature, less `buy_margin` for a buy."""

    temperature: float
    buy_margin: float


def write_onnx(network: IntentNetwork, heads: int, epsilon: float, folder: Path) -> None:
    """`model.onnx`: input_ids, attention_mask int64 [batch, length] -> logits float32; products in int8."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: values.float().numpy() for name, values in network.state_dict().items()}
    layers = len({name.split(".")[3] for name in state if name.startswith("encoder.encoder.layer.")})
    NetworkGraph(state, heads, epsilon).write(folder / "model.onnx", layers)


def write_config(folder: Path, tokenizer: Published, calibration: Calibration, origin: Origin) -> None:
    """`config.json` and `tokenizer.json` beside the network."""
    config = {
        "id2label": {str(i): intent for i, intent in enumerate(INTENTS)},
        "temperature": calibration.temperature,
        "offsets": [-calibration.buy_margin if intent == "buy" else 0.0 for intent in INTENTS],
        "batch": TEXTS_A_CALL,
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
