"""What a connector remembers across reconnects and restarts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from stages.connectors.source import Checkpoint

MEMORY_SECONDS = 2 * 24 * 3600
"""How long an identity is remembered: no platform sends older history, and no show runs longer."""


class Memory(Protocol):
    """The identities that were pushed, and the last checkpoint, of one platform and streamer. Every method raises
    Away where they can't be reached."""

    async def known(self, identities: Sequence[str]) -> Collection[str]:
        """Which of them were remembered before."""

    async def remember(self, identities: Sequence[str], checkpoint: Checkpoint | None) -> None:
        """Keep them, and the checkpoint if there is one, durably."""

    async def checkpoint(self) -> Checkpoint | None:
        """The last one that was kept."""
