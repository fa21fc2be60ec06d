"""One call of the Stripe API, as the resources see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from stages.sandbox.settings import SandboxSettings
from stages.sandbox.store import Document, Store


@dataclass(frozen=True, slots=True)
class StripeCall:
    """Decoded parameters, the ids in the path, and what the call may use. `now` is Unix time."""

    store: Store
    settings: SandboxSettings
    now: int
    parameters: Document
    path: Mapping[str, str]
    site: str
    """The sandbox's own address, for the links it hands out."""
    request_id: str
    """Empty where no request of the API is behind the change."""
    key: str | None
    """The idempotency key."""
