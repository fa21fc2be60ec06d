"""Run stages in memory: no Redis, no waiting. See MemoryRun."""

from pipeline.testing.clock import VirtualClock
from pipeline.testing.lane import Killed
from pipeline.testing.run import MemoryRun
from pipeline.testing.waiting import NeverIdle, Waiting

__all__ = ["Killed", "MemoryRun", "NeverIdle", "VirtualClock", "Waiting"]
