"""The intent network in sections: behind each but the last a comment may leave that is certainly no purchase."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schemas.records import Intent
from stages.adapters.models import MissingModel

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

EXITS = "exits.json"
"""Beside model.onnx: where it may be left, and how certain one must be. Without it the whole network is asked."""

Open = Callable[[Path], "InferenceSession"]
Rows = Sequence[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Exit:
    """Who may leave behind a section: whose likeliest intent is at least as probable as `least` has for it (an intent
    it does not name never leaves), while a buy is at most `buy_most` probable."""

    temperature: float
    buy_most: float
    least: Mapping[Intent, float]

    def settled(self, logits: NDArray[np.float64], intents: Sequence[Intent]) -> tuple[Intent, float] | None:
        """The intent and its calibrated probability; None where the next section must be asked."""
        scaled = logits / self.temperature
        raised = np.exp(scaled - scaled.max())
        shares = raised / raised.sum()
        best = int(shares.argmax())
        least = self.least.get(intents[best])
        if least is None or shares[best] < least or shares[intents.index("buy")] > self.buy_most:
            return None
        return intents[best], float(shares[best])


class Section:
    """Some layers in a row. The first takes the pieces of texts, any other the states that the one before gave."""

    def __init__(self, session: InferenceSession, leaving: Exit | None, pad: int) -> None:
        self.exit, self._session, self._pad = leaving, session, pad
        self._reads = session.get_inputs()[0].name

    def run(self, batch: Rows) -> tuple[NDArray[np.float64], Rows]:
        """Logits float64 [texts, intents] and, where there is an exit, the states of each text for the next section,
        float32 [pieces, width]. `batch` has a row for each text: pieces int64 [pieces], or states."""
        longest = max(map(len, batch))
        filler = self._pad if batch[0].ndim == 1 else 0
        given = np.full((len(batch), longest, *batch[0].shape[1:]), filler, dtype=batch[0].dtype)
        mask = np.zeros((len(batch), longest), dtype=np.int64)
        for row, values in enumerate(batch):
            given[row, : len(values)] = values
            mask[row, : len(values)] = 1
        wanted = ["logits"] if self.exit is None else ["logits", "states"]
        logits, *states = self._session.run(wanted, {self._reads: given, "attention_mask": mask})
        kept = [states[0][row, : len(values)] for row, values in enumerate(batch)] if states else []
        return np.asarray(logits, dtype=np.float64), kept


def load_sections(folder: Path, pad: int, session: Open) -> list[Section]:
    """The sections that exits.json names, else the whole network as the only one. Raises MissingModel where the
    sections were cut from another model.onnx: their weights lie in it."""
    if not (folder / EXITS).is_file():
        return [Section(session(folder / "model.onnx"), None, pad)]
    said = json.loads((folder / EXITS).read_text(encoding="utf-8"))
    with (folder / "model.onnx").open("rb") as opened:
        digest = hashlib.file_digest(opened, "sha256").hexdigest()
    missing = [name for name in said["sections"] if not (folder / name).is_file()]
    if missing or digest != said["network_sha256"]:
        raise MissingModel(
            f"{folder / EXITS} belongs to another model.onnx, or its sections are gone: remove it (the whole network "
            "is asked then), or make it anew by `python -m stages.training.text.exits`."
        )
    exits = [Exit(e["temperature"], said["buy_most"], e["least"]) for e in said["exits"]]
    return [
        Section(session(folder / name), leaving, pad)
        for name, leaving in zip(said["sections"], [*exits, None], strict=True)
    ]
