"""Stores that do not answer now, and will again."""

from __future__ import annotations

from pipeline.engines.redis.connection import REDIS_AWAY
from stages.adapters.database import DatabaseUnavailable
from stages.backbone import KafkaUnavailable

AWAY = (DatabaseUnavailable, *REDIS_AWAY)
"""What views raise while a store is away."""


def what_is_away(error: Exception) -> str:
    """The store that the error is about, as a sentence begins."""
    if isinstance(error, DatabaseUnavailable):
        return "The database"
    return "Kafka" if isinstance(error, KafkaUnavailable) else "Redis"
