"""How good a classifier is on labelled comments: overall, by intent, by language."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from stages.adapters.classifier import Classifier
from stages.training.text.calibration import macro_f1, precision_recall
from stages.training.text.dataset import INTENTS, Example


def print_figures(console: Console, classifier: Classifier, examples: Sequence[Example]) -> None:
    """Macro-F1, calibration error, precision and recall by intent, accuracy by language, the mistakes."""
    judgements = classifier.classify([example.text for example in examples])
    answers = [judgement.intent for judgement in judgements]
    gold = [example.intent for example in examples]
    right = [answer == truth for answer, truth in zip(answers, gold, strict=True)]
    error = calibration_error([judgement.score for judgement in judgements], right)
    console.print(f"macro-F1 {macro_f1(answers, gold):.4f}, expected calibration error {error:.3f}")
    by_intent = Table("intent", "precision", "recall")
    for intent in INTENTS:
        by_intent.add_row(intent, *(f"{share:.3f}" for share in precision_recall(answers, gold, intent)))
    by_language = Table("language", "comments", "accuracy")
    for language in sorted({example.language for example in examples}):
        hits = [hit for hit, example in zip(right, examples, strict=True) if example.language == language]
        by_language.add_row(language, str(len(hits)), f"{sum(hits) / len(hits):.3f}")
    console.print(by_intent, by_language)
    for example, judgement in zip(examples, judgements, strict=True):
        if example.intent != judgement.intent:
            mistake = f"{example.language} {example.intent} -> {judgement.intent} {judgement.score:.2f}  {example.text}"
            console.print(mistake, markup=False, highlight=False)


def calibration_error(scores: Sequence[float], right: Sequence[bool], bins: int = 10) -> float:
    """Expected calibration error over `bins` equal bins: mean |accuracy - score|, weighed by size."""
    total = 0.0
    for low in range(bins):
        inside = [i for i, score in enumerate(scores) if min(bins - 1, int(score * bins)) == low]
        total += abs(sum(right[i] - scores[i] for i in inside))
    return total / len(scores)
