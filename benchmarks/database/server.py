"""The Postgres that is filled: settings of a small real server, but that nothing of it outlives a power cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pipeline.embedded import Postgres


class LargePostgres(Postgres):
    """What the planner goes by is Postgres' own default."""

    ready_timeout_seconds: ClassVar[float] = 300.0
    settings: ClassVar[Mapping[str, str]] = {
        **Postgres.settings,
        "shared_buffers": "1GB",
        "maintenance_work_mem": "512MB",
        "max_wal_size": "8GB",
        "autovacuum": "off",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
    }
