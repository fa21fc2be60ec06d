"""`python -m stages.training.text`: from the published weights and our comments to `stages/models/intent`.

Read e5 -> cut the vocabulary -> fine-tune all twelve layers (the teacher) -> distil, if told to keep fewer
-> fit the temperature on comments held out -> int8 ONNX folder -> figures on the test comments. Some
fifteen minutes on one core; the same seed and versions give the same weights.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.progress import Progress, TextColumn
from tokenizers import Tokenizer

from stages.adapters.classifier import OWN_MODEL, OnnxClassifier
from stages.training.text import export, tuning, vocabulary
from stages.training.text.calibration import fit_temperature, macro_f1
from stages.training.text.dataset import INTENTS, Example, hold_out, read_examples
from stages.training.text.e5_weights import E5Weights, installed_weights, read_e5
from stages.training.text.figures import print_figures
from stages.training.text.network import IntentNetwork, build, keep_layers

DATA = Path(__file__).parents[1] / "data"
HELD_OUT_OF = 12  # one comment in so many fits the temperature instead of teaching
TEACHER = tuning.Plan(epochs=6, rate=1e-4)
STUDENT = tuning.Plan(epochs=6, rate=1e-4)

console = Console()


@dataclass(frozen=True, slots=True)
class Material:
    """All that a training run reads."""

    weights: E5Weights
    published: vocabulary.Published  # the tokenizer, cut
    pieces: list[int]
    taught: list[Example]
    held_out: list[Example]
    unlabelled: list[str]

    @property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_str(json.dumps(self.published))


def prepare(size: int, random: Random) -> Material:
    """Read the weights and the comments, and cut the vocabulary to `size` pieces."""
    examples = read_examples(DATA / "comments.jsonl")
    unlabelled = (DATA / "unlabelled.txt").read_text(encoding="utf-8").splitlines()
    published = vocabulary.read_published(vocabulary.installed_tokenizer())
    pieces = vocabulary.choose_pieces(published, size, [example.text for example in examples], unlabelled)
    taught, held_out = hold_out(examples, HELD_OUT_OF, random)
    weights = read_e5(installed_weights())
    return Material(weights, vocabulary.cut(published, pieces), pieces, taught, held_out, unlabelled)


def teach(material: Material, random: Random, saved: Path | None) -> IntentNetwork:
    """The fine-tuned network with all layers; read from `saved` where that exists, else written there."""
    network = build(material.weights, material.pieces, len(INTENTS))
    if saved is not None and saved.is_file():
        network.load_state_dict(torch.load(saved))
        return network
    with _progress("teacher") as step:
        tuning.tune(network, material.tokenizer, material.taught, TEACHER, random, step)
    if saved is not None:
        torch.save(network.state_dict(), saved)
    return network


def distil(
    material: Material, teacher: IntentNetwork, layers: Sequence[int], random: Random
) -> IntentNetwork:
    """A network with `layers` of the teacher's, taught by the labels and by the teacher's opinion."""
    if len(layers) == material.weights.layers:
        return teacher
    student = keep_layers(teacher, material.weights, len(material.pieces), layers)
    with _progress("student") as step:
        tuning.tune(
            student, material.tokenizer, material.taught, STUDENT, random, step, teacher, material.unlabelled
        )
    return student


class _progress:  # noqa: N801 (used as a function)
    """A progress bar whose entry is the callback that moves it."""

    def __init__(self, name: str) -> None:
        self._bar = Progress(
            *Progress.get_default_columns(), TextColumn("loss {task.fields[loss]:.3f}"), console=console
        )
        self._name = name

    def __enter__(self) -> tuning.Progress:
        self._bar.start()
        task = self._bar.add_task(self._name, loss=0.0)

        def move(step: int, steps: int, loss: float) -> None:
            self._bar.update(task, completed=step, total=steps, loss=loss)

        return move

    def __exit__(self, *exception: object) -> None:
        self._bar.stop()


def main(
    out: Annotated[Path, typer.Option(help="The model folder to write.")] = OWN_MODEL,
    layers: Annotated[str, typer.Option(help="Layers of the teacher to keep, of 0 to 11.")] = (
        "0,1,2,3,4,5,6,7,8,9,10,11"
    ),
    pieces: Annotated[int, typer.Option(help="Size of the vocabulary.")] = 30_000,
    seed: Annotated[int, typer.Option(help="Decides order, variations and initial head.")] = 7,
    threads: Annotated[int, typer.Option(help="Threads of torch; one is best on a shared machine.")] = 1,
    teacher: Annotated[Path | None, typer.Option(help="Where to keep the teacher, or find it again.")] = None,
) -> None:
    """Rebuild the intent classifier."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    kept = tuple(int(layer) for layer in layers.split(","))
    random = Random(seed)
    material = prepare(pieces, random)
    console.print(f"{len(material.taught)} comments to learn from, {len(material.pieces)} pieces")
    taught = teach(material, random, teacher)
    _report("teacher, test comments", taught, material)
    network = distil(material, taught, kept, random)
    _report("network, test comments", network, material)
    gold = [INTENTS.index(example.intent) for example in material.held_out]
    logits = tuning.logits_of(network, material.tokenizer, [example.text for example in material.held_out])
    temperature = fit_temperature(logits.numpy(), gold)
    digest = hashlib.sha256((DATA / "comments.jsonl").read_bytes()).hexdigest()
    export.write_onnx(network, out)
    export.write_config(
        out, material.published, temperature, export.Origin("multilingual-e5-small", kept, seed, digest)
    )
    print_figures(console, OnnxClassifier(out), read_examples(DATA / "test.jsonl"))


def _report(name: str, network: IntentNetwork, material: Material) -> None:
    test = read_examples(DATA / "test.jsonl")
    logits = tuning.logits_of(network, material.tokenizer, [example.text for example in test])
    answers = [INTENTS[place] for place in logits.argmax(1)]
    console.print(f"{name}: macro-F1 {macro_f1(answers, [example.intent for example in test]):.4f}")


if __name__ == "__main__":
    typer.run(main)
