"""What a comment is about: five intents, each answer with a calibrated probability."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.records import Intent
from stages.adapters.models import MissingModel
from stages.adapters.normalise import normalise
from stages.adapters.sections import Section, load_sections
from stages.adapters.takes_back import takes_back
from stages.adapters.wordless import is_wordless

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

    A folder with a `model.onnx` is served by onnxruntime with `threads` calls at a time, a Hugging Face
    folder by transformers. Raises MissingModel when the folder, or something in it, is missing.
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


WINDOW = 512  # texts that are tokenised at a time: memory doesn't grow with the number of texts
_CALL_PIECES = 13  # a call takes as long as so many pieces, besides its own: 2 ms and 0.155 ms each, measured
NOTHING_SAID = 0.99  # the score of "none" for texts without a word, which no model is asked about

_Rows = dict[int, NDArray[Any]]  # by the text's place: its pieces, or its states behind a section


class OnnxClassifier:
    """Serves a folder of config.json, tokenizer.json and model.onnx by tokenizers and onnxruntime. Where it also has
    exits.json, a text that certainly is no purchase leaves the network on its way (see `sections`).

    config.json: `id2label`, `max_length` (pieces), `temperature`, `prefix` (put before each text),
    `pad_token_id`, `batch` (texts a call; 1 where the network's int8 scales span a call, which would make
    a score depend on the neighbours) and `offsets` (added to each intent's scaled logit: the calibration
    for the shares of intents in live chat).
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
        self._offsets = np.array(config.get("offsets", [0.0] * len(self._intents)), dtype=np.float64)
        self._prefix = str(config.get("prefix", ""))
        self._batch = int(config.get("batch", 1))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(int(config.get("max_length", 64)))
        self._tokenizer.no_padding()
        # Several calls at once use two cores better than one call with two threads.
        pad = int(config.get("pad_token_id", 0))
        self._sections = load_sections(folder, pad, partial(open_session, threads=1))
        self._pool = ThreadPoolExecutor(threads, "intent") if threads > 1 else None

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order, whatever stands beside it; at most `threads` calls at a time."""
        judgements: list[Judgement] = []
        for start in range(0, len(texts), WINDOW):
            judgements += self._window(texts[start : start + WINDOW])
        return judgements

    def _window(self, texts: Sequence[str]) -> list[Judgement]:
        judgements = [Judgement("none", NOTHING_SAID)] * len(texts)
        prepared = {place: normalise(text) for place, text in enumerate(texts)}
        worded = [place for place, text in prepared.items() if not is_wordless(text)]
        encodings = self._tokenizer.encode_batch([self._prefix + prepared[place] for place in worded])
        rows: _Rows = {place: np.array(e.ids) for place, e in zip(worded, encodings, strict=True)}
        for section in self._sections:
            rows = self._through(section, rows, prepared, judgements)
        return judgements

    def _through(
        self, section: Section, rows: _Rows, prepared: Mapping[int, str], judgements: list[Judgement]
    ) -> _Rows:
        """Judge those that this section is certain of; the states of the others."""
        left: _Rows = {}
        batches = list(self._batches(rows))
        calls = (self._pool.map if self._pool else map)(section.run, [[rows[i] for i in b] for b in batches])
        for places, (logits, states) in zip(batches, calls, strict=True):
            for row, place in enumerate(places):
                judgement = self._said(section, logits[row], prepared[place])
                if judgement is None:
                    left[place] = states[row]
                else:
                    judgements[place] = judgement
        return left

    def _said(self, section: Section, logits: NDArray[np.float64], text: str) -> Judgement | None:
        if section.exit is None:
            return self._judgement(logits)
        settled = section.exit.settled(logits, self._intents)
        # Who takes a claim back is judged by the whole network, whatever the exit is certain of.
        return Judgement(*settled) if settled and not takes_back(text) else None

    def _batches(self, rows: _Rows) -> Iterator[list[int]]:
        """Texts of like length together, the longest first: little of a call is padding, and none ends late."""
        order = sorted(rows, key=lambda place: len(rows[place]))
        cuts = cheapest_cuts([len(rows[place]) for place in order], self._batch)
        for start, end in reversed(cuts):
            yield order[start:end]

    def _judgement(self, logits: NDArray[np.float64]) -> Judgement:
        scaled = logits / self._temperature + self._offsets
        raised = np.exp(scaled - scaled.max())
        best = int(raised.argmax())
        return Judgement(self._intents[best], float(raised[best] / raised.sum()))


def cheapest_cuts(lengths: Sequence[int], most: int) -> list[tuple[int, int]]:
    """Where to cut texts of these lengths (pieces, ascending) into calls of at most `most`, so that they take the least
    time in all: a call takes that of its padded pieces, and that of some more.

    >>> cheapest_cuts([4, 4, 4, 40, 40], 8)
    [(0, 3), (3, 5)]
    >>> cheapest_cuts([4, 5, 6], 8)
    [(0, 3)]
    """
    cheapest, begins = [0], [0]
    for end in range(1, len(lengths) + 1):
        cost, start = min(
            (cheapest[start] + _CALL_PIECES + (end - start) * lengths[end - 1], start)
            for start in range(max(0, end - most), end)
        )
        cheapest.append(cost)
        begins.append(start)
    cuts, end = [], len(lengths)
    while end:
        cuts.append((begins[end], end))
        end = begins[end]
    return cuts[::-1]


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
