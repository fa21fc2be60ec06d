"""How long to leave Kafka alone after it broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from structlog.typing import FilteringBoundLogger

from pipeline.backoff import delay_seconds
from pipeline.engines.kafka.producer import Message, Producer

_BASE_SECONDS, _CAP_SECONDS = 0.1, 2.0


async def write_all(
    producer: Producer,
    messages: Sequence[Message],
    log: FilteringBoundLogger,
    random: Callable[[], float],
) -> None:
    """Write messages in their order, however long Kafka is away. Raises what does not pass by itself."""
    left, attempt = list(messages), 0
    while left := await producer.send_all(left):
        attempt += 1
        wait = delay_seconds(attempt, base_seconds=_BASE_SECONDS, cap_seconds=_CAP_SECONDS, random=random)
        log.warning("Kafka is away; what is to be written waits", count=len(left), seconds=round(wait, 3))
        await asyncio.sleep(wait)
