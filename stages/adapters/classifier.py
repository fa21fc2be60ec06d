"""What a comment is about: five intents, each answer with a calibrated probability."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from schemas.records import Intent
from stages.adapters.models import MissingModel
from stages.adapters.normalise import normalise

OWN_MODEL = Path(__file__).parents[1] / "models" / "intent"
ONNX_FILES = ("config.json", "tokenizer.json", "model.onnx")

# Names that other models give our intents; the seed's own is "complain".
_LABELS: Mapping[str, Intent] = {
    "buy": "buy",
    "purchase": "buy",
    "order": "buy",
    "question": "question",
    "feedback": "feedback",
    "complaint": "complaint",
    "complain": "complaint",
    "none": "none",
    "other": "none",
    "irrelevant": "none",
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """The likeliest intent and its calibrated probability, 0 to 1."""

    intent: Intent
    score: float


class Classifier(Protocol):
    """Anything that judges comments."""

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order; any text is allowed, also an empty one."""
        ...


def load_classifier(folder: Path | None, threads: int = 1) -> Classifier:
    """The classifier of a model folder; None means our own, which comes with the package.

    A folder with a `model.onnx` is served by onnxruntime with `threads` threads, a Hugging Face folder
    by transformers. Raises MissingModel when the folder, or something in it, is missing.
    """
    folder = OWN_MODEL if folder is None else folder
    if not folder.is_dir():
        raise MissingModel(f"There is no intent model at {folder}. {_ADVICE}")
    if (folder / "model.onnx").is_file():
        return OnnxClassifier(folder, threads)
    if any(folder.glob("*.safetensors")) or any(folder.glob("pytorch_model*.bin")):
        return TransformersClassifier(folder)
    raise MissingModel(f"{folder} holds neither a model.onnx nor a Hugging Face model. {_ADVICE}")


_ADVICE = (
    "Leave INTENT_MODEL empty for the model that comes with the package "
    "(reinstall the package if that one is gone, or rebuild it by `python -m stages.training.text`), "
    "or set it to a folder with config.json, tokenizer.json and model.onnx, or to a Hugging Face folder."
)


def intent_named(label: str) -> Intent:
    """Our intent for a model's label; raises MissingModel for a label that names none."""
    try:
        return _LABELS[label.strip().lower()]
    except KeyError:
        raise MissingModel(
            f"The intent model answers with {label!r}, which names none of our intents: set id2label in its "
            f"config.json to names among {', '.join(sorted(_LABELS))}."
        ) from None


class OnnxClassifier:
    """Serves a folder of config.json, tokenizer.json and model.onnx by tokenizers and onnxruntime.

    config.json: `id2label`, `max_length` (pieces), `temperature`, `prefix` (put before each text).
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        from tokenizers import Tokenizer

        from stages.adapters.onnx_session import open_session

        for name in ONNX_FILES:
            if not (folder / name).is_file():
                raise MissingModel(f"The intent model in {folder} lacks {name}. {_ADVICE}")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._intents = [intent_named(config["id2label"][str(i)]) for i in range(len(config["id2label"]))]
        self._temperature = float(config.get("temperature", 1.0))
        self._prefix = str(config.get("prefix", ""))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(int(config.get("max_length", 64)))
        self._tokenizer.no_padding()
        self._session = open_session(folder / "model.onnx", threads)

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order. A text's judgement does not depend on the others: the int8 network
        scales its activations by call, so each text has a call of its own."""
        prepared = [self._prefix + normalise(text) for text in texts]
        return [self._judge(encoding.ids) for encoding in self._tokenizer.encode_batch(prepared)]

    def _judge(self, pieces: Sequence[int]) -> Judgement:
        ids = np.array([pieces], dtype=np.int64)
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
        scaled = np.asarray(logits[0], dtype=np.float64) / self._temperature
        raised = np.exp(scaled - scaled.max())
        best = int(raised.argmax())
        return Judgement(self._intents[best], float(raised[best] / raised.sum()))


class TransformersClassifier:
    """Serves a user's own Hugging Face folder by transformers; slower to load and larger than ours."""

    def __init__(self, folder: Path) -> None:
        from stages.adapters.torch_compat import ensure_torchvision_ops

        if not (folder / "config.json").is_file():
            raise MissingModel(f"The intent model in {folder} lacks config.json. {_ADVICE}")
        ensure_torchvision_ops()  # transformers imports torchvision where it is installed
        from transformers import pipeline

        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        for label in config.get("id2label", {"0": "LABEL_0"}).values():
            intent_named(label)
        local: Callable[..., Any] = pipeline
        self._pipeline = local("text-classification", model=str(folder), tokenizer=str(folder), device="cpu")

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order; the score is the model's own probability."""
        if not texts:
            return []
        answers = self._pipeline([normalise(text) for text in texts], truncation=True, max_length=64, top_k=1)
        return [Judgement(intent_named(best["label"]), float(best["score"])) for (best,) in answers]
