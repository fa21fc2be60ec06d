"""`python -m stages.training.text.exits`: where comments may leave the exported network, and how certain one must be.

The layers stay as they are. Behind some of them a small head learns to name the intent, from the labels and from what
the whole network says; then certainty.py measures on other comments from which score on it may have the last word.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import torch
import typer
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional

from schemas.records import Intent
from stages.adapters.classifier import OWN_MODEL
from stages.adapters.normalise import normalise
from stages.adapters.onnx_session import open_session
from stages.adapters.sections import EXITS, Exit, Section
from stages.adapters.wordless import is_wordless
from stages.training.text.calibration import fit_temperature, softmax
from stages.training.text.certainty import least_score
from stages.training.text.cutting import CutNetwork
from stages.training.text.dataset import INTENTS, Example, read_examples
from stages.training.text.export import TEXTS_A_CALL
from stages.training.text.graph import Floats

LAYERS = (4, 6)  # behind which one may leave
LEAVING: tuple[Intent, ...] = ("question", "feedback", "none")  # a complaint may take a claim back
BUY_MOST = 0.03
DIFFERING_MOST = 0.04  # of those that leave, in how many the whole network may say something else
WIDTH, INNER = 384, 192
EPOCHS, BATCH, RATE = 12, 128, 2e-3
DATA = Path(__file__).parents[1] / "data"


@dataclass(frozen=True, slots=True)
class Read:
    """What the network makes of texts: the mean of the states behind each exit, float32 [exits, texts, width], and its
    own logits, float32 [texts, intents]."""

    means: Floats
    logits: Floats


def add_exits(
    folder: Path, taught: Sequence[Example], held: Sequence[Example], chat: Sequence[str], seed: int
) -> None:
    """Write sections and exits.json beside `folder`'s model.onnx. Heads learn from `taught` and every other text of
    `chat`; `held` and the rest of it decide when they are believed."""
    chat = [text for text in chat if not is_wordless(normalise(text))]
    lessons, trials = chat[::2], chat[1::2]
    read = _read(folder, [e.text for e in taught] + lessons + [e.text for e in held] + trials)
    learnt, config = (
        len(taught) + len(lessons),
        json.loads((folder / "config.json").read_text(encoding="utf-8")),
    )
    whole = read.logits / config["temperature"] + np.array(config["offsets"], np.float32)
    targets = _targets(taught, read.logits[:learnt], config["temperature"])
    exits, heads = list[dict[str, Any]](), list[list[Floats]]()
    for means in read.means:
        heads.append(_head(means[:learnt], targets, seed))
        logits = _answers(heads[-1], means[learnt:])
        exits.append(_exit(logits, whole[learnt:].argmax(1), [INTENTS.index(e.intent) for e in held]))
    names = _write_sections(folder, heads)
    said = {
        "network_sha256": hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest(),
        "sections": names,
        "buy_most": BUY_MOST,
        "exits": exits,
        "made_from": {
            "layers": list(LAYERS),
            "seed": seed,
            "taught": learnt,
            "tried": len(held) + len(trials),
        },
    }
    (folder / EXITS).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _targets(taught: Sequence[Example], logits: Floats, temperature: float) -> Floats:
    """Half by the label, where there is one, else by what the whole network says."""
    said = softmax(logits, temperature).astype(np.float32)
    labels = np.eye(len(INTENTS), dtype=np.float32)[[INTENTS.index(example.intent) for example in taught]]
    said[: len(taught)] = (said[: len(taught)] + labels) / 2
    return said


def _head(means: Floats, targets: Floats, seed: int) -> list[Floats]:
    """Weights [width, inner], bias, weights [inner, intents], bias of a head that reads the means as they are."""
    torch.manual_seed(seed)
    given, wanted = torch.from_numpy(means), torch.from_numpy(targets)
    middle, spread = given.mean(0), given.std(0) + 1e-3
    given = (given - middle) / spread
    inner, outer = nn.Linear(given.shape[1], INNER), nn.Linear(INNER, len(INTENTS))
    head = nn.Sequential(inner, nn.ReLU(), nn.Dropout(0.3), outer)
    optimiser = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=0.05)
    steps = EPOCHS * -(-len(given) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        order = torch.randperm(len(given))
        for start in range(0, len(given), BATCH):
            places = order[start : start + BATCH]
            loss = functional.cross_entropy(head(given[places]), wanted[places])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    with torch.no_grad():
        first = inner.weight / spread
        bias = inner.bias - first @ middle
        return [part.numpy().copy() for part in (first.T, bias, outer.weight.T, outer.bias)]


def _answers(head: Sequence[Floats], means: Floats) -> Floats:
    first, bias, last, last_bias = head
    logits: Floats = np.maximum(means @ first + bias, 0) @ last + last_bias
    return logits


def _exit(logits: Floats, whole: NDArray[np.int64], gold: Sequence[int]) -> dict[str, Any]:
    """What exits.json says of one: the temperature by the labelled comments, which come first, and the least scores."""
    temperature = fit_temperature(logits[: len(gold)], gold)
    shares = softmax(logits, temperature)
    best, scores = shares.argmax(1), shares.max(1)
    harm = np.zeros(len(best), int)
    harm[: len(gold)] = (whole[: len(gold)] == gold).astype(int) - (best[: len(gold)] == gold)
    least = {}
    for intent in LEAVING:
        here = (best == INTENTS.index(intent)) & (shares[:, INTENTS.index("buy")] <= BUY_MOST)
        found = least_score(
            scores[here].tolist(), (best != whole)[here].tolist(), harm[here].tolist(), DIFFERING_MOST
        )
        if found is not None:
            least[intent] = round(found + 5e-5, 4)
    return {"temperature": temperature, "least": least}


def _write_sections(folder: Path, heads: Sequence[Sequence[Floats]]) -> list[str]:
    cut = CutNetwork(folder / "model.onnx")
    names = []
    for place, (first, last) in enumerate(pairwise((0, *LAYERS, cut.layers))):
        names.append(f"layers_{first}_{last}.onnx")
        cut.write_section(folder / names[-1], first, last, heads[place] if place < len(heads) else ())
    return names


def _read(folder: Path, texts: Sequence[str]) -> Read:
    """By the network that serves, in 8 bits; the heads of its sections give the mean as it is."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(config["max_length"])
    tokenizer.no_padding()
    pieces = [
        np.array(e.ids) for e in tokenizer.encode_batch([config["prefix"] + normalise(t) for t in texts])
    ]
    with TemporaryDirectory(prefix="exits-") as name:
        shutil.copy(folder / "model.onnx", name)
        as_it_is = (np.eye(WIDTH, dtype=np.float32), np.zeros(WIDTH, np.float32))
        names = _write_sections(Path(name), [as_it_is] * len(LAYERS))
        leaving = [*(Exit(1, 1, {}) for _ in LAYERS), None]
        sections = [
            Section(open_session(Path(name) / file, 1), left, config["pad_token_id"])
            for file, left in zip(names, leaving, strict=True)
        ]
        means = np.empty((len(LAYERS), len(texts), WIDTH), np.float32)
        logits = np.empty((len(texts), len(INTENTS)), np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(pieces[place]))
        for start in range(0, len(order), TEXTS_A_CALL):
            places = order[start : start + TEXTS_A_CALL]
            rows: Sequence[NDArray[Any]] = [pieces[place] for place in places]
            for section, into in zip(sections, [*means, logits], strict=True):
                into[places], rows = section.run(rows)
    return Read(means, logits)


def main(
    folder: Annotated[
        Path, typer.Option(help="The model folder, which has no exits, or others.")
    ] = OWN_MODEL,
    seed: Annotated[int, typer.Option(help="Decides order and initial heads.")] = 7,
) -> None:
    """Learn the exits of a folder that is there already."""
    torch.set_num_threads(1)
    chat = (DATA / "unlabelled.txt").read_text(encoding="utf-8").splitlines()
    taught, held = read_examples(DATA / "comments.jsonl"), read_examples(DATA / "dev.jsonl")
    add_exits(folder, taught, held, chat, seed)


if __name__ == "__main__":
    typer.run(main)
