"""Times as they are posted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from schemas.records import Moment


def _with_zone(value: Any) -> Any:
    """ISO 8601 without a zone is UTC."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return value
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return value


PostedMoment: TypeAlias = Annotated[Moment, BeforeValidator(_with_zone)]
"""ISO 8601, UTC where it names no zone, or epoch seconds."""
