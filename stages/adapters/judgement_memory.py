"""What was judged before is not judged again: a live chat repeats itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from stages.adapters.classifier import Classifier, Judgement

_KEPT = 10_000  # texts; a few MB


class RememberingClassifier:
    """Asks `classifier` once about each text, as long as it is among the last `kept` that came up; thread-safe.

    A judgement depends on the text alone, so a remembered one is the one that would be made.
    """

    def __init__(self, classifier: Classifier, kept: int = _KEPT) -> None:
        self._classifier, self._most = classifier, kept
        self._known: OrderedDict[str, Judgement] = OrderedDict()
        self._turn = Lock()

    def classify(self, texts: Sequence[str]) -> list[Judgement]:
        """One judgement per text, in order."""
        with self._turn:
            found = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        found.update(zip(new, self._classifier.classify(new) if new else (), strict=True))
        with self._turn:
            self._keep(found)
        return [found[text] for text in texts]

    def _keep(self, found: dict[str, Judgement]) -> None:
        for text, judgement in found.items():
            self._known[text] = judgement
            self._known.move_to_end(text)
        while len(self._known) > self._most:
            self._known.popitem(last=False)
