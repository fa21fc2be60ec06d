"""What Instagram's webhook needs around it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from pipeline.finding import Finding
from stages.connectors.settings import ConnectorSettings

_SUBJECT = "Instagram"
_SOURCE = "instagram"


def instagram_findings(settings: ConnectorSettings, source_keys: Mapping[str, SecretStr]) -> list[Finding]:
    """One finding where the webhook is open, else none. `source_keys` sign what sources push."""
    if not settings.instagram_app_secret.get_secret_value():
        return []
    if not settings.instagram_accounts:
        words = (
            "INSTAGRAM_ACCOUNTS is not set, so that every comment is left out: say whose which account is."
        )
        return [Finding("error", _SUBJECT, words)]
    if not settings.instagram_verify_token.get_secret_value():
        words = "INSTAGRAM_VERIFY_TOKEN is not set: Meta can't be shown that its webhook's address is ours."
        return [Finding("error", _SUBJECT, words)]
    if not source_keys.get(_SOURCE, SecretStr("")).get_secret_value():
        words = (
            f'SOURCE_KEYS has no key for "{_SOURCE}": its buyers get pay links. Give it a long random one.'
        )
        return [Finding("warning", _SUBJECT, words)]
    accounts = len(settings.instagram_accounts)
    return [Finding("ok", _SUBJECT, f"Comments of {accounts} account{'s' * (accounts > 1)} come in, signed.")]
