import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.adapters.classifier import (
    NOTHING_SAID,
    ONNX_FILES,
    OWN_MODEL,
    Classifier,
    Judgement,
    OnnxClassifier,
    TransformersClassifier,
    cheapest_cuts,
    intent_named,
    load_classifier,
)
from stages.adapters.models import MissingModel
from stages.training.text.dataset import read_examples

DATA = Path(__file__).parents[2] / "stages" / "training" / "data"


@pytest.fixture(scope="module")
def ours() -> Classifier:
    return load_classifier(None)


def test_a_wish_to_buy_now_is_a_buy(ours: Classifier) -> None:
    (judgement,) = ours.classify(["OMG I love this jacket! I want to buy it now!"])
    assert judgement.intent == "buy"
    assert judgement.score > 0.5


def test_delight_is_feedback(ours: Classifier) -> None:
    (judgement,) = ours.classify(["This is so cute! 💕"])
    assert judgement.intent == "feedback"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("I'll take it", "buy"),
        ("sold 2xl navy", "buy"),
        ("can I get one in size 8?", "buy"),
        ("chốt 1 áo size M", "buy"),
        ("keep kak 1 M", "buy"),
        ("mine po", "buy"),
        ("me lo llevo", "buy"),
        ("eu quero, separa um", "buy"),
        ("how do I buy?", "question"),
        ("is it still available?", "question"),
        ("I don't want to buy it", "feedback"),
        ("my wife said I want to buy it", "feedback"),
        ("please cancel my order", "complaint"),
        ("hello everyone", "none"),
    ],
)
def test_what_live_chat_says_every_minute_is_understood(ours: Classifier, text: str, intent: str) -> None:
    assert ours.classify([text])[0].intent == intent


def test_the_model_was_made_from_the_comments_beside_it() -> None:
    import hashlib

    made_from = json.loads((OWN_MODEL / "config.json").read_text())["made_from"]
    assert made_from["data_sha256"] == hashlib.sha256((DATA / "comments.jsonl").read_bytes()).hexdigest()


def test_no_test_comment_is_among_the_training_comments() -> None:
    taught = {example.text.casefold() for example in read_examples(DATA / "comments.jsonl")}
    assert not [
        example for example in read_examples(DATA / "test.jsonl") if example.text.casefold() in taught
    ]


@pytest.mark.parametrize(
    "text", ["", "   ", "😂😂😂", "\u200b", "\x00\x01", "\ud83d", "word " * 5000, "؟" * 3000]
)
def test_odd_texts_get_a_judgement(ours: Classifier, text: str) -> None:
    (judgement,) = ours.classify([text])
    assert 0 < judgement.score <= 1
    assert judgement.intent != "buy"


def test_nothing_to_judge_gives_no_judgement(ours: Classifier) -> None:
    assert ours.classify([]) == []


def test_order_and_company_do_not_change_a_judgement(ours: Classifier) -> None:
    texts = [
        "mine",
        "how much is shipping to Spain, and how long does it take?",
        "hi",
        "cancel my order please",
    ]
    alone = [ours.classify([text])[0] for text in texts]
    assert_same(ours.classify(texts * 30), alone * 30)
    assert_same(ours.classify(texts[::-1]), alone[::-1])
    assert_same(load_classifier(None, threads=3).classify(texts * 300), alone * 300)


def assert_same(judgements: Sequence[Judgement], others: Sequence[Judgement]) -> None:
    """Sums come in another order in a batch, so the last digits of a score may differ, and nothing else."""
    assert [judgement.intent for judgement in judgements] == [other.intent for other in others]
    assert [judgement.score for judgement in judgements] == pytest.approx(
        [other.score for other in others], abs=1e-3
    )


def test_a_long_neighbour_does_not_change_a_score(ours: Classifier) -> None:
    examples = [example.text for example in read_examples(DATA / "test.jsonl")][:96]
    alone = [ours.classify([text])[0] for text in examples]
    together = ours.classify([*examples, "word " * 500])[:-1]
    assert_same(together, alone)


@pytest.mark.parametrize(
    "text", ["", " \t", "😂😂😂", "❤️", "🙋\u200d♀️ 🙋", "!!!", "\x00\x01\x02", "\ufffd" * 40]
)
def test_texts_without_a_word_are_nothing_by_definition(ours: Classifier, text: str) -> None:
    (judgement,) = ours.classify([text])
    assert judgement == Judgement("none", NOTHING_SAID)


def test_only_the_beginning_of_a_long_text_is_judged(ours: Classifier) -> None:
    claim = "I'll take two in blue please, " * 30
    assert_same(ours.classify([claim]), ours.classify([claim + "hello " * 10_000]))


def test_invisible_signs_and_wide_letters_change_nothing(ours: Classifier) -> None:
    assert_same(
        ours.classify(["so\u200bld t\u00ado me", "ｍｉｎｅ ｐｌｓ"]),
        ours.classify(["sold to me", "mine pls"]),
    )


def test_serving_our_model_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from stages.adapters.classifier import load_classifier\n"
        "load_classifier(None).classify(['mine'])\n"
        "sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("lost", ONNX_FILES)
def test_an_incomplete_folder_says_what_to_do(tmp_path: Path, lost: str) -> None:
    for name in ONNX_FILES:
        if name != lost:
            shutil.copy(OWN_MODEL / name, tmp_path / name)
    with pytest.raises(MissingModel, match="INTENT_MODEL"):
        load_classifier(tmp_path)


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingModel, match="There is no intent model at"):
        load_classifier(tmp_path / "absent")


def test_labels_of_other_models_are_translated() -> None:
    assert intent_named("Complain") == "complaint"
    assert intent_named("BUY") == "buy"
    with pytest.raises(MissingModel, match="LABEL_0"):
        intent_named("LABEL_0")


def hugging_face_folder(folder: Path, labels: list[str]) -> Path:
    """A tiny untrained BERT in the form in which users bring their own."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    from stages.adapters.torch_compat import ensure_torchvision_ops

    ensure_torchvision_ops()
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    vocabulary = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "mine": 3, "hello": 4}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]").save_pretrained(
        folder
    )
    settings = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        id2label=dict(enumerate(labels)),
        label2id={label: place for place, label in enumerate(labels)},
    )
    BertForSequenceClassification(settings).save_pretrained(folder)
    return folder


def test_a_users_own_hugging_face_folder_is_served(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path, ["buy", "question", "feedback", "complain", "none"])
    classifier = load_classifier(folder)
    assert isinstance(classifier, TransformersClassifier)
    judgements = classifier.classify(["mine", "hello " * 500, ""])
    assert len(judgements) == 3
    assert all(0.2 <= judgement.score <= 1 for judgement in judgements)
    assert classifier.classify([]) == []


def test_a_model_with_unknown_labels_is_refused(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path, ["LABEL_0", "LABEL_1"])
    with pytest.raises(MissingModel, match="id2label"):
        load_classifier(folder)


def test_our_folder_is_served_by_onnxruntime() -> None:
    assert isinstance(load_classifier(OWN_MODEL, threads=2), OnnxClassifier)
    assert sum(file.stat().st_size for file in OWN_MODEL.iterdir()) <= 40_000_000


@given(st.lists(st.integers(1, 64), max_size=9).map(sorted), st.integers(1, 5))
def test_calls_are_cut_where_they_cost_least(lengths: list[int], most: int) -> None:
    def cost(cuts: Iterable[tuple[int, int]]) -> int:
        return sum(13 + (end - start) * lengths[end - 1] for start, end in cuts)

    cuts = cheapest_cuts(lengths, most)
    assert [place for start, end in cuts for place in range(start, end)] == list(range(len(lengths)))
    assert all(end - start <= most for start, end in cuts)
    inner = range(1, len(lengths))
    every = (
        list(pairwise([0, *chosen, len(lengths)]))
        for number in range(len(lengths))
        for chosen in combinations(inner, number)
    )
    allowed = [way for way in every if all(end - start <= most for start, end in way)]
    assert cost(cuts) == min(map(cost, allowed), default=0)
