"""What may come of a refund."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from stages.adapters.database.refunds import NothingPaid, Refund, RestockInPart, TooMuch


@dataclass(frozen=True, slots=True)
class Waiting:
    """The refund is written down, but the provider could not say what became of it: the keeper of refunds goes on."""

    refund: Refund
    reason: str


Result: TypeAlias = Refund | Waiting | NothingPaid | TooMuch | RestockInPart
