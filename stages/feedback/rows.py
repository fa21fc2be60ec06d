"""Corrections and decisions in the form of the training data."""

from __future__ import annotations

from typing import Any

from stages.adapters.database.feedback import Correction, Decision, Written
from stages.adapters.language import detect
from stages.adapters.slots import Slots, parse_slots
from stages.feedback.masking import masked

AUTHOR = "feedback"

Row = dict[str, Any]


def corrected_row(correction: Correction) -> Row:
    """{"text", "intent", "language", "author"} and, of a buy, the slots that it states."""
    slots = parse_slots(correction.comment.message) if correction.intent == "buy" else Slots()
    return _text_row(correction.comment, correction.intent, slots)


def confirmed_row(decision: Decision) -> Row | None:
    """A buy with its slots; None where the decision doesn't say that the comment is one: declined, or corrected."""
    if not decision.confirmed or decision.is_corrected:
        return None
    return _text_row(decision.comment, "buy", Slots(decision.quantity, decision.variant, decision.code))


def vision_row(decision: Decision) -> Row | None:
    """{"frames", "sku", "streamer", "decision"}; None where nothing was seen, or no product was in question."""
    if not decision.frames or decision.sku is None:
        return None
    return {
        "frames": [frame.split("?")[0] for frame in decision.frames],  # a link's query may hold a key
        "sku": decision.sku,
        "streamer": decision.streamer,
        "decision": "confirmed" if decision.confirmed else "declined",
    }


def _text_row(comment: Written, intent: str, slots: Slots) -> Row:
    stated = {"quantity": slots.quantity, "variant": slots.variant, "code": slots.code}
    return {
        "text": masked(comment.message, comment.names),
        "intent": intent,
        "language": comment.language or detect(comment.message),
        "author": AUTHOR,
        **{name: value for name, value in stated.items() if value is not None},
    }
