"""Everything that `doctor` looks at."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from pipeline.finding import Finding
from stages.connectors.instagram_finding import instagram_findings
from stages.doctor.disk import disk_finding, free_bytes
from stages.doctor.models import model_findings
from stages.doctor.ports import ports_finding
from stages.doctor.postgres import postgres_findings
from stages.doctor.providers import pictures_finding, stripe_finding, twilio_finding
from stages.doctor.signing import signing_finding
from stages.doctor.streams import stream_findings
from stages.settings import ShopSettings


async def examine(
    settings: ShopSettings,
    *,
    clock: Callable[[], float] = time.time,
    free: Callable[[Path], int] = free_bytes,
) -> list[Finding]:
    """Everything that `run` and the doors need, looked at without changing it. No finding holds a secret. `clock` gives
    epoch seconds, `free` the bytes that may still be written where a folder lies."""
    return [
        *await stream_findings(settings, clock),
        *await postgres_findings(settings, clock),
        *model_findings(settings),
        pictures_finding(settings),
        stripe_finding(settings),
        twilio_finding(settings),
        signing_finding(settings),
        *instagram_findings(settings, settings.source_keys),
        await ports_finding(settings),
        disk_finding(settings, free),
    ]
