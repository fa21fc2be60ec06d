"""Who may push comments, and whose comments may charge a saved card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.signature import is_genuine, signed

UNKNOWN = "stream"  # whoever could XADD


@dataclass(frozen=True, slots=True)
class Sources:
    """The keys of the known sources, and which of them have the scope `verified`."""

    keys: Mapping[str, str] = field(default_factory=dict)
    verified: frozenset[str] = frozenset()

    def vouch(self, fields: Mapping[str, str]) -> tuple[str, bool]:
        """The source of a comment's fields and whether it is verified.

        A comment without a good signature is from `stream`, unverified, whatever it claims. So is a signed one
        without a message_id: its copy would be another comment, and could charge again.
        """
        source = fields.get("source", "")
        key = self.keys.get(source)
        if key is None or not fields.get("message_id") or not is_genuine(fields, key):
            return UNKNOWN, False
        return source, source in self.verified

    def stamp(self, fields: Mapping[str, str], source: str) -> dict[str, str]:
        """The fields as `source` signs them; unsigned where it has no key (its comments then get pay links)."""
        key = self.keys.get(source)
        return signed(fields, source=source, key=key) if key else dict(fields)
