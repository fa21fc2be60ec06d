"""Intent: is this comment a purchase, and what does it say about quantity, variant and code."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from pipeline.stage import Drop, Emit, Limits, Outcome, Stage
from schemas.records import Cancellation, ClassifiedComment, Comment
from stages.adapters.classifier import Classifier, Judgement
from stages.adapters.language import detect
from stages.adapters.slots import parse_slots
from stages.adapters.takes_back import takes_back

_ASKED_LIMIT = 200  # characters of a question that are told to whoever counts them


class Judgements(Protocol):
    """Where judgements are kept."""

    async def classify(self, comments: Sequence[ClassifiedComment]) -> None:
        """Keep them."""
        ...


async def classify(
    comments: Sequence[Comment], *, classifier: Classifier, store: Judgements, threshold: float
) -> list[Outcome]:
    """Judge the comments and keep the judgement; only a buy with a score above `threshold` goes on, and a complaint by
    which the viewer takes a claim back goes straight to `order`. What is judged a buy and has the words of one who
    takes it back is neither: nobody is charged for a "cancel"."""
    # The model holds no lock while it computes: the loop goes on serving Redis.
    judged = await asyncio.to_thread(_judge, comments, classifier)
    await store.classify(judged)
    return [_outcome(comment, threshold) for comment in judged]


def intent_stage(
    limits: Limits, *, classifier: Classifier, store: Judgements, threshold: float
) -> Stage[Comment]:
    """The stage that judges comments."""
    handler = partial(classify, classifier=classifier, store=store, threshold=threshold)
    return Stage(name="intent", consumes=Comment, emits="vision", limits=limits, batch=handler)


def _judge(comments: Sequence[Comment], classifier: Classifier) -> list[ClassifiedComment]:
    judgements = classifier.classify([comment.message for comment in comments])
    return [_classified(comment, judgement) for comment, judgement in zip(comments, judgements, strict=True)]


def _classified(comment: Comment, judgement: Judgement) -> ClassifiedComment:
    slots = parse_slots(comment.message) if judgement.intent == "buy" else None
    return ClassifiedComment(
        **comment.__dict__,
        intent=judgement.intent,
        score=judgement.score,
        quantity=slots.quantity if slots else None,
        variant=slots.variant if slots else None,
        code=slots.code if slots else None,
        language=detect(comment.message),
    )


def _outcome(comment: ClassifiedComment, threshold: float) -> Outcome:
    note = {"intent": comment.intent, "score": round(comment.score, 4)}
    if comment.intent == "complaint" and comment.score > threshold and takes_back(comment.message):
        return Emit(_cancellation(comment), to="order", note=note)
    if comment.intent == "question":
        return Drop("question", note, aside={"asked": comment.message[:_ASKED_LIMIT]})
    if comment.intent != "buy":
        return Drop(comment.intent, note)
    if comment.score <= threshold or takes_back(comment.message):
        return Drop("unsure buy", note)
    return Emit(comment, note=note)


def _cancellation(comment: ClassifiedComment) -> Cancellation:
    return Cancellation(
        comment_id=comment.comment_id,
        seq=comment.seq,
        streamer=comment.streamer,
        viewer=comment.viewer,
        timestamp=comment.timestamp,
        code=parse_slots(comment.message).code,
    )
