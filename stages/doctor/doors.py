"""Who may come in by the doors, as `tiktoksales doctor` finds it."""

from __future__ import annotations

from pipeline.finding import Finding
from stages.adapters.database import Connection, statement
from stages.doors.loopback import is_loopback
from stages.settings import ShopSettings

_SUBJECT = "Doors"
_HOSTS = ("gateway_host", "faces_host", "console_host")


async def door_finding(connection: Connection, settings: ShopSettings) -> Finding:
    """Whether callers can come in, and only those who should."""
    if settings.open_doors:
        return _open(settings)
    if await connection.fetch(statement("api_keys/good")):
        return Finding("ok", _SUBJECT, "They ask for a key.")
    return Finding(
        "warning",
        _SUBJECT,
        "They ask for a key, and there is none yet: nobody can post comments or orders, or see the console. Make one "
        "with `tiktoksales keys create NAME --scope ingest`.",
    )


def _open(settings: ShopSettings) -> Finding:
    hosts = {
        name.upper(): value
        for name, value in settings.model_dump(include=set(_HOSTS)).items()
        if not is_loopback(value)
    }
    if hosts:
        told = ", ".join(f"{name}={value}" for name, value in hosts.items())
        return Finding(
            "error",
            _SUBJECT,
            f"OPEN_DOORS asks nobody for a key, and other machines could reach {told}: such a door refuses to start. "
            "Listen on 127.0.0.1, or unset OPEN_DOORS and make keys with `tiktoksales keys create`.",
        )
    return Finding("ok", _SUBJECT, "They stand open, to this machine alone (OPEN_DOORS).")
