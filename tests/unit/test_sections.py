"""A comment that is certainly no purchase leaves the network early; all others are judged as if nobody could."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from schemas.records import Intent
from stages.adapters.classifier import ONNX_FILES, OWN_MODEL, Judgement, OnnxClassifier, load_classifier
from stages.adapters.models import MissingModel
from stages.adapters.sections import EXITS, Exit
from stages.training.text.dataset import INTENTS, read_examples
from stages.training.text.exits import LEAVING, add_exits

DATA = Path(__file__).parents[2] / "stages" / "training" / "data"
TESTS = [example.text for example in read_examples(DATA / "test.jsonl")]
CLAIMS = ("mine", "I'll take it", "sold 2xl navy", "keep kak 1 M", "これ買いたいです", "A12")
TAKEN_BACK = ("cancel mine please", "batal kak", "やっぱりキャンセルで", "annulez le mien svp")


def copied(folder: Path, **changed: object) -> Path:
    """Our model's folder with other words in its exits.json."""
    shutil.copytree(OWN_MODEL, folder)
    said = json.loads((folder / EXITS).read_text())
    (folder / EXITS).write_text(json.dumps({**said, **changed}))
    return folder


def leaving_at(least: Mapping[Intent, float]) -> list[dict[str, object]]:
    """Two exits, by which those may leave."""
    return [{"temperature": 1.0, "least": least}] * 2


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> OnnxClassifier:
    """Our model without exits, as a user's own may be."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ONNX_FILES:
        shutil.copy(OWN_MODEL / name, folder)
    return OnnxClassifier(folder)


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> OnnxClassifier:
    """Whoever may leave does so behind the first section, however uncertain."""
    everybody = leaving_at(dict.fromkeys(INTENTS, 0.0))
    return OnnxClassifier(copied(tmp_path_factory.mktemp("hasty") / "m", buy_most=1.0, exits=everybody))


def test_who_goes_through_all_sections_hears_what_the_whole_network_says(
    tmp_path: Path, whole: OnnxClassifier
) -> None:
    patient = OnnxClassifier(copied(tmp_path / "m", exits=leaving_at({})), threads=2)
    assert_same(patient.classify(TESTS[:150]), whole.classify(TESTS[:150]))


def assert_same(judgements: list[Judgement], others: list[Judgement]) -> None:
    assert [said.intent for said in judgements] == [said.intent for said in others]
    assert [said.score for said in judgements] == pytest.approx([said.score for said in others], abs=1e-3)


def test_no_exit_makes_an_order_or_costs_one(whole: OnnxClassifier) -> None:
    """The test comments were neither learnt from, nor used to choose when one may leave."""
    early = load_classifier(None).classify(TESTS)
    orders = [said.intent == "buy" and said.score > 0.5 for said in whole.classify(TESTS)]
    assert [said.intent == "buy" and said.score > 0.5 for said in early] == orders


def test_a_claim_is_scored_by_the_whole_network(whole: OnnxClassifier) -> None:
    assert_same(load_classifier(None).classify(CLAIMS), whole.classify(CLAIMS))


def test_who_takes_a_claim_back_never_leaves_early(hasty: OnnxClassifier, whole: OnnxClassifier) -> None:
    assert_same(hasty.classify(TAKEN_BACK), whole.classify(TAKEN_BACK))
    assert hasty.classify(["hello everyone"]) != whole.classify(["hello everyone"])


def test_neither_a_purchase_nor_a_complaint_may_leave() -> None:
    said = json.loads((OWN_MODEL / EXITS).read_text())
    assert set(LEAVING).isdisjoint(("buy", "complaint"))
    assert all(set(leaving["least"]) <= set(LEAVING) for leaving in said["exits"])


def test_an_exit_asks_for_its_score_and_for_little_chance_of_a_purchase() -> None:
    leaving = Exit(temperature=1.0, buy_most=0.03, least={"none": 0.9})
    assert INTENTS == ("buy", "question", "feedback", "complaint", "none")

    def settled(*shares: float) -> tuple[Intent, float] | None:
        return leaving.settled(np.log(shares), INTENTS)

    intent, score = settled(0.01, 0.01, 0.02, 0.01, 0.95) or ("buy", 0.0)
    assert intent == "none"
    assert score == pytest.approx(0.95)
    assert settled(0.01, 0.05, 0.05, 0.01, 0.88) is None
    assert settled(0.04, 0.01, 0.01, 0.01, 0.93) is None
    assert settled(0.01, 0.96, 0.01, 0.01, 0.01) is None


def test_a_temperature_above_one_makes_an_exit_modest() -> None:
    logits = np.log([0.01, 0.01, 0.02, 0.01, 0.95])
    assert Exit(2.0, 1.0, {"none": 0.9}).settled(logits, INTENTS) is None


def test_exits_of_another_network_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match=r"belongs to another model\.onnx"):
        load_classifier(copied(tmp_path / "other", network_sha256="0" * 64))
    with pytest.raises(MissingModel, match="its sections are gone"):
        load_classifier(copied(tmp_path / "gone", sections=["away.onnx"] * 3))


def test_exits_are_made_for_a_network_by_its_folder_alone(tmp_path: Path, whole: OnnxClassifier) -> None:
    for name in ONNX_FILES:
        shutil.copy(OWN_MODEL / name, tmp_path)
    taught, held = read_examples(DATA / "comments.jsonl")[::300], read_examples(DATA / "dev.jsonl")[::40]
    add_exits(tmp_path, taught, held, ["hello there", "love it", "😍", "so nice"], seed=7)
    said = json.loads((tmp_path / EXITS).read_text())
    assert said["made_from"]["taught"] == len(taught) + 2
    assert said["made_from"]["tried"] == len(held) + 1
    assert_same(load_classifier(tmp_path).classify(CLAIMS), whole.classify(CLAIMS))
