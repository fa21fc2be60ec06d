"""What a comment is about: five intents, each answer with a calibrated probability."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from stages.adapters.models import MissingModel
from stages.adapters.normalise import normalise

Intent = Literal["buy", "question", "feedback", "complaint", "none"]

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
    "Leave the setting of the intent model's folder empty for the model that comes with the package "
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
        import onnxruntime
        from tokenizers import Tokenizer

        for name in ONNX_FILES:
            if not (folder / name).is_file():
                raise MissingModel(f"The intent model in {folder} lacks {name}. {_ADVICE}")
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._intents = [intent_named(config["id2label"][str(i)]) for i in range(len(config["id2label"]))]
        self._temperature = float(config.get("temperature", 1.0))
        self._prefix = str(config.get("prefix", ""))
        self._pad = int(config.get("pad_token_id", 1))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(int(config.get("max_length", 64)))
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads starve the other stages of the machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order. Texts of alike length share a batch."""
        prepared = [self._prefix + normalise(text) for text in texts]
        pieces = [encoding.ids for encoding in self._tokenizer.encode_batch(prepared)]
        judgements: list[Judgement | None] = [None] * len(texts)
        for places in batches_by_length([len(ids) for ids in pieces]):
            shares = self._shares([pieces[place] for place in places])
            for place, row in zip(places, shares, strict=True):
                best = int(row.argmax())
                judgements[place] = Judgement(self._intents[best], float(row[best]))
        return [judgement for judgement in judgements if judgement is not None]

    def _shares(self, pieces: Sequence[Sequence[int]]) -> NDArray[np.float64]:
        longest = max(map(len, pieces))
        ids = np.full((len(pieces), longest), self._pad, dtype=np.int64)
        mask = np.zeros((len(pieces), longest), dtype=np.int64)
        for row, text in enumerate(pieces):
            ids[row, : len(text)] = text
            mask[row, : len(text)] = 1
        (logits,) = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})
        scaled = np.asarray(logits, dtype=np.float64) / self._temperature
        raised = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
        return shares


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


def batches_by_length(lengths: Sequence[int], largest: int = 64, slack: int = 4) -> Iterator[list[int]]:
    """Indices in batches of at most `largest`, whose lengths differ by `slack` at most: little padding."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) == largest or lengths[place] > lengths[batch[0]] + slack):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
