"""The fault plan: which of the next calls go wrong, and how."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Provider = Literal["stripe", "twilio"]


class FaultKind(StrEnum):
    """What goes wrong. Only the kinds that say so do what was asked."""

    TIMEOUT = "timeout"
    """Nothing is done and nothing is answered."""
    TIMEOUT_AFTER_SUCCESS = "timeout_after_success"
    """It is done, but never answered."""
    CONNECTION_RESET = "connection_reset"
    CONNECTION_RESET_AFTER_SUCCESS = "connection_reset_after_success"
    CONFLICT = "conflict"
    """409, as if another call with the same key were in progress."""
    RATE_LIMIT = "rate_limit"
    """429 with Retry-After."""
    SERVER_ERROR = "server_error"
    """500; nothing is done, and Stripe remembers the 500 under the idempotency key."""
    SERVER_ERROR_AFTER_SUCCESS = "server_error_after_success"
    """500 although it is done; Stripe remembers the 500 under the idempotency key."""
    UNAVAILABLE = "unavailable"
    """503 before the call reached anything; nothing is remembered."""
    SLOW = "slow"
    """It is done and answered, `seconds` late; the key is in use meanwhile."""
    UNDELIVERED = "undelivered"
    """Twilio takes the message and later reports it as undelivered with `code`."""
    REFUSED = "refused"
    """Twilio refuses the message with `code`; nothing is done."""

    @property
    def acts(self) -> bool:
        """Whether what was asked is done in spite of the fault."""
        return self in _ACTS


_ACTS = {
    FaultKind.TIMEOUT_AFTER_SUCCESS,
    FaultKind.CONNECTION_RESET_AFTER_SUCCESS,
    FaultKind.SERVER_ERROR_AFTER_SUCCESS,
    FaultKind.SLOW,
    FaultKind.UNDELIVERED,
}


class Fault(BaseModel):
    """One line of the plan, as `POST /faults` takes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider
    fault: FaultKind
    path_prefix: str = "/"
    method: str = "POST"
    times: int = Field(default=1, ge=1)
    """How many calls it hits before it is used up."""
    skip: int = Field(default=0, ge=0)
    """How many matching calls go through first."""
    share: float = Field(default=1.0, gt=0, le=1)
    """The part of the matching calls that it hits, by the seeded dice."""
    seconds: float = Field(default=120.0, gt=0)
    """How long an unanswered call is held, or how late a slow one is; ignored by the others."""
    code: int = 30003
    """The error code of an undelivered or refused message."""

    @model_validator(mode="after")
    def _fits_the_provider(self) -> Fault:
        if self.provider == "stripe" and self.fault in (FaultKind.UNDELIVERED, FaultKind.REFUSED):
            raise ValueError(f"Only a message can be {self.fault}: send provider=twilio with this fault.")
        return self


@dataclass(slots=True)
class _Armed:
    fault: Fault
    skip: int
    left: int


@dataclass(slots=True)
class FaultPlan:
    """The armed faults in the order they were armed; a call meets the first one that matches."""

    dice: random.Random
    armed: list[_Armed] = field(default_factory=list)
    fired: int = 0

    def arm(self, fault: Fault) -> None:
        self.armed.append(_Armed(fault, fault.skip, fault.times))

    def disarm(self) -> None:
        self.armed.clear()

    def waiting(self) -> list[dict[str, object]]:
        """What is still armed, with the number of calls each will hit."""
        return [{**armed.fault.model_dump(mode="json"), "times": armed.left} for armed in self.armed]

    def strike(self, provider: Provider, method: str, path: str) -> Fault | None:
        """The fault this call meets, if any; it counts as used."""
        for armed in self.armed:
            fault = armed.fault
            if (fault.provider, fault.method) != (provider, method) or not path.startswith(fault.path_prefix):
                continue
            if armed.skip > 0:
                armed.skip -= 1
                continue
            if fault.share < 1 and self.dice.random() >= fault.share:
                continue
            armed.left -= 1
            if armed.left == 0:
                self.armed.remove(armed)
            self.fired += 1
            return fault
        return None
