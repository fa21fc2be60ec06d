"""What topics and consumer groups are called."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    """All begin with `prefix` (KEY_PREFIX)."""

    prefix: str = ""

    def stream(self, stream: str) -> str:
        """The topic of a stream: a stage's, the public one, `events` or `dead`."""
        return f"{self.prefix}{stream}"

    def group(self, stage: str) -> str:
        """The stage's consumer group."""
        return f"{self.prefix}{stage}"

    def accounts(self, stage: str) -> str:
        """The stage's entries that wait for a later time, or may have killed their process (see accounts)."""
        return f"{self.prefix}{stage}.accounts"

    @property
    def unfinished(self) -> str:
        """The comments on their way (see watermark)."""
        return f"{self.prefix}unfinished"

    @property
    def once(self) -> str:
        """Ids of the records that were appended from outside (see append)."""
        return f"{self.prefix}once"
