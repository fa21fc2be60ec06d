"""What a lane has in hand."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settlement import Delivery


@dataclass(slots=True)
class Held:
    """A delivery. `offset` of the entry in the stage's topic, until that is finished; None where it came from an
    account. `has_account`: one stands in the accounts, and must go when the entry is settled. `heard_again`: it was put
    off, which was heard before it was let go of."""

    delivery: Delivery
    offset: int | None
    has_account: bool
    heard_again: bool = False
