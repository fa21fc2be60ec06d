"""Delivery -> work, or what becomes of it where it cannot be worked on: the same for every engine."""

from __future__ import annotations

from pipeline.decision import Decider, Work
from pipeline.envelope import NewerVersion
from pipeline.reading import CrashLoop, Reading
from pipeline.settlement import Delivery, Settlement
from pipeline.stage import Reject


def understand(
    delivery: Delivery, reading: Reading, decider: Decider, received_ms: int | None = None
) -> Work | Settlement:
    """The work that a delivery asks for, which came at `received_ms` (epoch; now). Where there is none, its settlement
    at once: garbage, and what keeps killing its process, is dead-lettered; what a newer release wrote is left for
    a newer reader."""
    try:
        return reading.work(delivery, received_ms)
    except NewerVersion:
        return decider.leave_for_newer_reader(delivery)
    except CrashLoop as error:
        return decider.decide(error.work, Reject(str(error), type(error).__name__))
    except (
        Exception
    ) as error:  # UnreadableRecord, or a door's fault: an entry that can't be read would be met for ever
        return decider.refuse(delivery, reading.partition, Reject(str(error), type(error).__name__))
