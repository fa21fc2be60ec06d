"""The keys and ports of a house."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from pipeline.embedded.credentials import free_port


@dataclass(frozen=True, slots=True)
class Secrets:
    """The keys and ports of one house, drawn once and kept with its data."""

    gateway_port: int
    console_port: int
    sandbox_port: int
    source_key: str
    stripe_key: str
    webhook_secret: str
    twilio_sid: str
    twilio_token: str
    data_key: str
    database_password: str

    @classmethod
    def of(cls, folder: Path) -> Secrets:
        """Those in the folder, or new ones; what an older release didn't know is drawn now."""
        file = folder / "secrets.json"
        kept = json.loads(file.read_text()) if file.exists() else {}
        drawn = {
            "gateway_port": free_port(),
            "console_port": free_port(),
            "sandbox_port": free_port(),
            "source_key": secrets.token_hex(32),
            "stripe_key": f"sk_test_{secrets.token_hex(16)}",
            "webhook_secret": f"whsec_{secrets.token_hex(16)}",
            "twilio_sid": f"AC{secrets.token_hex(16)}",
            "twilio_token": secrets.token_hex(16),
            "data_key": Fernet.generate_key().decode(),
            "database_password": secrets.token_urlsafe(24),
        } | kept
        if drawn != kept:
            file.touch(mode=0o600)
            file.write_text(json.dumps(drawn))
        return cls(**drawn)
