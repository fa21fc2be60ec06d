"""`python -m stages.training.text`: from the published weights and our comments to `stages/models/intent`.

Read e5 -> cut the vocabulary -> fine-tune all twelve layers (the teacher) -> keep the first ten, which lose
nothing (and distil, if told to) -> settle on real comments -> fit the temperature on the development comments -> int8
ONNX folder -> exits, by which a comment may leave it early (exits.py) -> figures on the test comments. Some half an
hour on one core; the same seed and versions give the same weights.
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
from stages.training.text import export, settling, tuning, vocabulary
from stages.training.text.calibration import fit_temperature, macro_f1, prior_margin
from stages.training.text.dataset import INTENTS, Example, read_examples
from stages.training.text.e5_weights import E5Weights, installed_weights, read_e5
from stages.training.text.exits import add_exits
from stages.training.text.figures import print_figures
from stages.training.text.network import IntentNetwork, build, keep_layers

DATA = Path(__file__).parents[1] / "data"
TESTS = ("test.jsonl", "test_other_author.jsonl")
TEACHER = tuning.Plan(epochs=4, rate=1e-4)
STUDENT_RATE = 1.2e-4
LONGEST_UNLABELLED = 80  # signs: longer ones cost most of the time, and live comments are short
LIVE_SHARE_OF_BUYS = 0.09  # of live comments, on average; the show of the demo has more, plain talk has none

console = Console()


@dataclass(frozen=True, slots=True)
class Material:
    """All that a training run reads."""

    weights: E5Weights
    published: vocabulary.Published  # the tokenizer, cut
    pieces: list[int]
    taught: list[Example]
    development: list[Example]
    unlabelled: list[str]

    @property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_str(json.dumps(self.published))


def prepare(size: int) -> Material:
    """Read the weights and the comments, and cut the vocabulary to `size` pieces."""
    taught = read_examples(DATA / "comments.jsonl")
    unlabelled = (DATA / "unlabelled.txt").read_text(encoding="utf-8").splitlines()
    published = vocabulary.read_published(vocabulary.installed_tokenizer())
    pieces = vocabulary.choose_pieces(published, size, [example.text for example in taught], unlabelled)
    weights = read_e5(installed_weights())
    development = read_examples(DATA / "dev.jsonl")
    short = [text for text in unlabelled if len(text) <= LONGEST_UNLABELLED]
    return Material(weights, vocabulary.cut(published, pieces), pieces, taught, development, short)


def teach(material: Material, random: Random, saved: Path | None) -> IntentNetwork:
    """The fine-tuned network with all layers; read from `saved` where that exists, else written there."""
    network = build(material.weights, material.pieces, len(INTENTS))
    if saved is not None and saved.is_file():
        network.load_state_dict(torch.load(saved, weights_only=True))
        return network
    with _progress("teacher") as step:
        tuning.tune(network, material.tokenizer, material.taught, TEACHER, random, step)
    if saved is not None:
        torch.save(network.state_dict(), saved)
    return network


def distil(
    material: Material, teacher: IntentNetwork, layers: Sequence[int], epochs: int, random: Random
) -> IntentNetwork:
    """A network with `layers` of the teacher's, taught for `epochs` by the labels and the teacher's opinion."""
    student = keep_layers(teacher, material.weights, len(material.pieces), layers)
    if not epochs:
        return student
    opinions = _opinions(
        teacher, material, [example.text for example in material.taught] + material.unlabelled
    )
    tokenizer, unlabelled = material.tokenizer, material.unlabelled
    with _progress("student") as step:
        plan = tuning.Plan(epochs=epochs, rate=STUDENT_RATE)
        tuning.tune(student, tokenizer, material.taught, plan, random, step, opinions, unlabelled)
    return student


def settle(network: IntentNetwork, teacher: IntentNetwork, material: Material, random: Random) -> None:
    """Teach `network` last what real comments are like (see settling.py)."""
    opinions = _opinions(teacher, material, material.unlabelled)
    examples = settling.settling_examples(material.taught, material.unlabelled, opinions, random)
    with _progress("settling") as step:
        tuning.tune(network, material.tokenizer, examples, settling.PLAN, random, step)


def _opinions(teacher: IntentNetwork, material: Material, texts: Sequence[str]) -> torch.Tensor:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        return tuning.logits_of(teacher, material.tokenizer, texts)


def calibrate(network: IntentNetwork, material: Material) -> export.Calibration:
    """The temperature from the development comments, the margin of a buy from its share in live chat."""
    gold = [INTENTS.index(example.intent) for example in material.development]
    texts = [example.text for example in material.development]
    logits = tuning.logits_of(network, material.tokenizer, texts).numpy()
    temperature = fit_temperature(logits, gold)
    share = sum(example.intent == "buy" for example in material.taught) / len(material.taught)
    return export.Calibration(temperature, prior_margin(share, LIVE_SHARE_OF_BUYS))


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
        "0,1,2,3,4,5,6,7,8,9"
    ),
    pieces: Annotated[int, typer.Option(help="Size of the vocabulary.")] = 30_000,
    epochs: Annotated[int, typer.Option(help="Epochs of distillation; 0 keeps the layers as they are.")] = 0,
    seed: Annotated[int, typer.Option(help="Decides order, variations and initial head.")] = 7,
    threads: Annotated[int, typer.Option(help="Threads of torch; one is best on a shared machine.")] = 1,
    teacher: Annotated[Path | None, typer.Option(help="Where to keep the teacher, or find it again.")] = None,
) -> None:
    """Rebuild the intent classifier."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    kept = tuple(int(layer) for layer in layers.split(","))
    random = Random(seed)
    material = prepare(pieces)
    console.print(f"{len(material.taught)} comments to learn from, {len(material.pieces)} pieces")
    taught = teach(material, random, teacher)
    _report("teacher", taught, material)
    network = distil(material, taught, kept, epochs, random)
    _report("its layers that are kept", network, material)
    settle(network, taught, material, random)
    _report("settled", network, material)
    digest = hashlib.sha256((DATA / "comments.jsonl").read_bytes()).hexdigest()
    origin = export.Origin("multilingual-e5-small", kept, seed, digest)
    export.write_onnx(network, material.weights.heads, material.weights.layer_norm_eps, out)
    export.write_config(out, material.published, calibrate(network, material), origin)
    add_exits(out, material.taught, material.development, material.unlabelled, seed)
    for test in TESTS:
        console.print(test)
        print_figures(console, OnnxClassifier(out), read_examples(DATA / test))


def _report(name: str, network: IntentNetwork, material: Material) -> None:
    development = material.development
    logits = tuning.logits_of(network, material.tokenizer, [example.text for example in development])
    answers = [INTENTS[place] for place in logits.argmax(1)]
    gold = [example.intent for example in development]
    console.print(f"{name}, development comments: macro-F1 {macro_f1(answers, gold):.4f}")


if __name__ == "__main__":
    typer.run(main)
