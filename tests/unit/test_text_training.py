import json
import struct
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from stages.training.text.calibration import (
    fit_temperature,
    log_loss,
    macro_f1,
    precision_recall,
    prior_margin,
    softmax,
)
from stages.training.text.dataset import INTENTS, Example, read_examples, shuffled_batches, vary
from stages.training.text.e5_weights import dequantise, hugging_face_name, read_e5
from stages.training.text.figures import calibration_error
from stages.training.text.settling import settling_examples
from stages.training.text.vocabulary import cut

DATA = Path(__file__).parents[2] / "stages" / "training" / "data"


def test_a_block_holds_low_nibbles_first() -> None:
    nibbles = bytes([0x8F] + [0x88] * 15)  # weight 0 is 15, weight 16 is 8, all others 8
    weights = dequantise(memoryview(struct.pack("<e", 0.5) + nibbles))
    assert weights.shape == (32,)
    assert weights[0] == 3.5
    assert not weights[1:].any()


def test_weights_get_the_names_of_bert() -> None:
    assert hugging_face_name("l11.fo.b") == "encoder.layer.11.output.dense.bias"
    assert hugging_face_name("emb.ln.w") == "embeddings.LayerNorm.weight"


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="no E5S1 file"):
        read_e5(tmp_path / "weights.bin")


def test_kept_pieces_are_numbered_anew_and_unkept_ones_fall_apart() -> None:
    pieces = [
        ["<s>", 0],
        ["<pad>", 0],
        ["</s>", 0],
        ["<unk>", 0],
        ["▁", -2],
        ["a", -3],
        ["b", -3],
        ["ab", -1],
    ]
    published: dict[str, object] = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces},
    }
    small = Tokenizer.from_str(json.dumps(cut(published, [0, 1, 2, 3, 4, 5, 6])))
    assert Tokenizer.from_str(json.dumps(published)).encode("ab").tokens == ["▁", "ab"]
    assert small.encode("ab").tokens == ["▁", "a", "b"]
    assert small.get_vocab_size() == 7


def test_the_fitted_temperature_has_the_least_loss() -> None:
    random = np.random.default_rng(3)
    truth = random.normal(size=(4000, 5)).astype(np.float32)
    gold = [int(random.choice(5, p=row)) for row in softmax(truth)]
    assert fit_temperature(truth * 2, gold) == pytest.approx(2, abs=0.15)
    assert log_loss(truth * 2, gold, 2.0) < log_loss(truth * 2, gold, 1.0)


def test_figures_are_those_of_a_worked_example() -> None:
    answers, gold = ["buy", "buy", "none", "none"], ["buy", "none", "none", "none"]
    assert precision_recall(answers, gold, "buy") == (0.5, 1.0)
    assert macro_f1(answers, gold) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert calibration_error([0.8, 0.8], [True, False]) == pytest.approx(0.3)


def test_every_comment_is_in_one_batch_of_like_lengths() -> None:
    lengths = [place % 50 for place in range(1000)]
    batches = shuffled_batches(lengths, 32, Random(1))
    assert sorted(place for batch in batches for place in batch) == list(range(1000))
    spreads = [max(lengths[i] for i in batch) - min(lengths[i] for i in batch) for batch in batches]
    assert sum(spreads) / len(spreads) < 15


def test_a_seed_decides_variations() -> None:
    examples = read_examples(DATA / "comments.jsonl")
    first = [vary(example, random) for random in [Random(5)] for example in examples]
    second = [vary(example, random) for random in [Random(5)] for example in examples]
    assert first == second
    assert first != [example.text for example in examples]
    assert all(first)


def test_the_margin_makes_scores_right_where_buys_are_rarer() -> None:
    # a classifier that is right about half and half, asked where one of ten is a buy
    margin = prior_margin(taught=0.5, live=0.1)
    assert margin == pytest.approx(2.2)
    scores = softmax(np.array([[0.0 - margin, 0.0]], dtype=np.float32))
    assert scores[0, 0] == pytest.approx(0.1, abs=1e-3)
    assert prior_margin(0.25, 0.25) == 0


def test_doubtful_buys_among_real_comments_are_taught_as_none() -> None:
    taught = [Example("lovely", "feedback", "en", "real"), Example("mine", "buy", "en", "ann")]
    opinions = torch.tensor([[2.0, 0, 0, 0, 1], [9, 0, 0, 0, 0], [-9, 0, 0, 0, 0]])
    examples = settling_examples(taught, ["five euros", "I buy it now", "hello"], opinions, Random(1))
    assert {(example.text, example.intent) for example in examples} == {
        ("lovely", "feedback"),
        ("mine", "buy"),
        ("five euros", "none"),
    }


def test_an_unknown_intent_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "comments.jsonl"
    path.write_text('{"text": "mine", "intent": "buying", "language": "en"}\n')
    with pytest.raises(ValueError, match="line 1: 'buying'"):
        read_examples(path)


def test_languages_and_intents_are_all_taught() -> None:
    groups = {(example.language, example.intent) for example in read_examples(DATA / "comments.jsonl")}
    languages = ["en", "es", "pt", "fr", "de", "id", "vi", "th", "tl", "zh", "ja", "ko", "ar", "hi"]
    assert groups >= {(language, intent) for language in languages for intent in INTENTS}


def test_an_example_is_a_value() -> None:
    assert Example("mine", "buy", "en") == Example("mine", "buy", "en")
