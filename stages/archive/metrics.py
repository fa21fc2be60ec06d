"""What Prometheus is told about the archive. How far it is behind is the trimmer's to say."""

from __future__ import annotations

from prometheus_client import Counter

from pipeline.metrics import NAMESPACE

ARCHIVED = Counter("archived_entries", "Entries that were archived and read back", namespace=NAMESPACE)
FAILURES = Counter(
    "archive_failures", "Rounds of archiving that failed, and will be tried again", namespace=NAMESPACE
)
